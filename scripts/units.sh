# shellcheck shell=bash
# The units of systemd: the socket that is always there, the hub behind it, and the slice that all servers share.

readonly unit_dir=/etc/systemd/system
readonly unit_names=(littlehub.socket littlehub-https.socket littlehub.service littlehub-fallback.service littlehub.slice)

# print_unit NAME
print_unit() {
  case $1 in
    littlehub.socket) print_socket ;;
    littlehub-https.socket) print_https_socket ;;
    littlehub.service) print_service ;;
    littlehub-fallback.service) print_fallback ;;
    littlehub.slice) print_slice ;;
  esac
}

# While the hub is started anew, requests wait in this socket.
print_socket() {
  cat <<UNIT
[Unit]
Description=The address of littlehub

[Socket]
ListenStream=${port:-80}
BindIPv6Only=both
Backlog=1024
NoDelay=true

[Install]
WantedBy=sockets.target
UNIT
}

# Only where the configuration says https.enabled: on other machines port 443 may belong to another program.
print_https_socket() {
  cat <<UNIT
[Unit]
Description=The HTTPS address of littlehub

[Socket]
ListenStream=$(https_port)
FileDescriptorName=https
Service=littlehub.service
BindIPv6Only=both
Backlog=1024
NoDelay=true

[Install]
WantedBy=sockets.target
UNIT
}

# It makes accounts, starts other people's programs as them, and so stays root; what it cannot need is taken from it.
print_service() {
  cat <<'UNIT'
[Unit]
Description=littlehub: notebooks for a class
Documentation=file:/opt/littlehub/current/README.md
Requires=littlehub.socket
After=littlehub.socket littlehub-https.socket network.target local-fs.target
# A hub that cannot start is tried again and again for five minutes, then left for somebody to look at.
StartLimitIntervalSec=300
StartLimitBurst=20
OnFailure=littlehub-fallback.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=/opt/littlehub/current/littlehub serve --config /etc/littlehub/config.yaml
ExecReload=/bin/kill -HUP $MAINPID
ExecStopPost=-+/opt/littlehub/scripts/fall-back.sh ended
Environment=HOME=/var/lib/littlehub
WorkingDirectory=/var/lib/littlehub
StateDirectory=littlehub
StateDirectoryMode=0711
Restart=always
RestartSec=2
TimeoutStartSec=120
TimeoutStopSec=30
WatchdogSec=60
# A hub that has made room for another one, by SIGUSR2, goes on in this unit with the WebSockets that were open.
KillMode=process
OOMPolicy=continue
# The last to go when memory runs out.
OOMScoreAdjust=-800
MemoryMin=128M
LimitNOFILE=65536

PrivateTmp=yes
ProtectSystem=true
ProtectControlGroups=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
NoNewPrivileges=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETUID CAP_SETGID CAP_SYS_PTRACE CAP_SYS_RESOURCE CAP_NET_BIND_SERVICE CAP_AUDIT_WRITE CAP_SYS_CHROOT
UMask=0022

[Install]
WantedBy=multi-user.target
UNIT
}

# A version that keeps failing makes way for the one before it.
print_fallback() {
  cat <<'UNIT'
[Unit]
Description=littlehub: looks after a hub that keeps failing

[Service]
Type=oneshot
ExecStart=/opt/littlehub/scripts/fall-back.sh now
TimeoutStartSec=900
UNIT
}

# Of all memory the servers together get what leaves the hub and the system enough to work.
print_slice() {
  local total_mib reserved_mib
  total_mib=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
  reserved_mib=$((total_mib / 8 > 384 ? total_mib / 8 : 384))
  cat <<UNIT
[Unit]
Description=The servers of everybody
Before=slices.target

[Slice]
MemoryMax=$((total_mib - reserved_mib))M
TasksMax=80%
UNIT
}
