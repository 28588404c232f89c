# shellcheck shell=bash
# The units of systemd: the socket that is always there, the hub behind it, its helper, and the slice that all servers
# share.

readonly unit_dir=/etc/systemd/system
readonly unit_names=(littlehub.socket littlehub-https.socket littlehub.service littlehub-spawner.socket littlehub-spawner.service littlehub-fallback.service littlehub.slice)

# print_unit NAME
print_unit() {
  case $1 in
    littlehub.socket) print_socket ;;
    littlehub-https.socket) print_https_socket ;;
    littlehub.service) print_service ;;
    littlehub-spawner.socket) print_helper_socket ;;
    littlehub-spawner.service) print_helper ;;
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

# What neither of the two needs. The lines behind it may take more.
print_hardening() {
  cat <<'UNIT'
PrivateTmp=yes
PrivateDevices=yes
ProtectControlGroups=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
NoNewPrivileges=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
UNIT
}

# An account of its own with no rights but to its data; what needs root its helper does.
print_service() {
  cat <<UNIT
[Unit]
Description=littlehub: notebooks for a class
Documentation=file:/opt/littlehub/current/README.md
Requires=littlehub.socket
Wants=littlehub-spawner.socket
After=littlehub.socket littlehub-https.socket littlehub-spawner.socket network.target local-fs.target
# A hub that cannot start is tried again and again for five minutes, then left for somebody to look at.
StartLimitIntervalSec=300
StartLimitBurst=20
OnFailure=littlehub-fallback.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=/opt/littlehub/current/littlehub serve --config /etc/littlehub/config.yaml
ExecReload=/bin/kill -HUP \$MAINPID
ExecStopPost=-+/opt/littlehub/scripts/fall-back.sh ended
User=$hub_account
Group=$hub_account
Environment=HOME=/var/lib/littlehub
WorkingDirectory=/var/lib/littlehub
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

ProtectSystem=strict
ReadWritePaths=$(writable_folders)
ProtectHome=read-only
$(print_hardening)
ProtectProc=invisible
RestrictSUIDSGID=yes
SystemCallFilter=~@privileged
# HTTPS may be switched on while it runs, before systemd holds that port.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
UMask=0077

[Install]
WantedBy=multi-user.target
UNIT
}

# Nobody else can connect, so nobody else can ask for anything.
print_helper_socket() {
  cat <<UNIT
[Unit]
Description=Where littlehub reaches its helper

[Socket]
ListenStream=/run/littlehub-spawner.sock
SocketUser=$hub_account
SocketGroup=$hub_account
SocketMode=0600
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
UNIT
}

# It makes accounts and has systemd start programs as them, and so is root; what it cannot need is taken from it. It
# trusts nothing but what only root can write, and starts anew with the hub.
print_helper() {
  cat <<UNIT
[Unit]
Description=littlehub: starts servers for the hub
Requires=littlehub-spawner.socket
After=littlehub-spawner.socket
PartOf=littlehub.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=/opt/littlehub/current/littlehub spawner --config /etc/littlehub/config.yaml
Environment=HOME=/var/lib/littlehub-spawner
WorkingDirectory=/
StateDirectory=littlehub-spawner
StateDirectoryMode=0700
Restart=on-failure
RestartSec=1
TimeoutStopSec=30
KillMode=mixed
OOMScoreAdjust=-800
# Several times what it takes: a hub that is broken into cannot have it fill the machine.
MemoryMax=512M
LimitNOFILE=65536

# No RestrictSUIDSGID: folders of sockets are setgid.
ProtectSystem=true
$(print_hardening)
IPAddressDeny=any
IPAddressAllow=localhost
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_SETUID CAP_SETGID CAP_AUDIT_WRITE
UMask=0022
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

# Of all memory the servers together get what leaves the hub and the system enough to work, and of a core that both want
# a fifth of what these get (src/spawn/slice.ts does the same where there is no such unit).
print_slice() {
  local total_mib reserved_mib
  total_mib=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
  reserved_mib=$((total_mib / 8 > 384 ? total_mib / 8 : 384))
  cat <<UNIT
[Unit]
Description=The servers of everybody
Before=slices.target

[Slice]
CPUWeight=20
MemoryMax=$((total_mib - reserved_mib))M
TasksMax=80%
UNIT
}
