-- Groups, roles, services and shares; tokens and OAuth clients may now belong to a service.

create table groups (
  id integer primary key autoincrement,
  name text not null unique,
  properties text not null default '{}'
) strict;

create table group_members (
  group_id integer not null references groups (id) on delete cascade,
  user_id integer not null references users (id) on delete cascade,
  primary key (group_id, user_id)
) strict, without rowid;
create index group_members_by_user on group_members (user_id, group_id);

create table services (
  id integer primary key autoincrement,
  name text not null unique,
  admin integer not null default 0 check (admin in (0, 1)),
  url text,
  command text not null default '[]',
  info text not null default '{}',
  display integer not null default 1 check (display in (0, 1)),
  access text not null default 'public' check (access in ('members', 'public')),
  from_config integer not null check (from_config in (0, 1)),
  created_at integer not null
) strict;
create index services_by_origin on services (from_config);

create table roles (
  id integer primary key autoincrement,
  name text not null unique,
  description text not null,
  scopes text not null,
  from_config integer not null check (from_config in (0, 1))
) strict;
create index roles_by_origin on roles (from_config);

create table user_roles (
  role_id integer not null references roles (id) on delete cascade,
  user_id integer not null references users (id) on delete cascade,
  primary key (role_id, user_id)
) strict, without rowid;
create index user_roles_by_user on user_roles (user_id, role_id);

create table group_roles (
  role_id integer not null references roles (id) on delete cascade,
  group_id integer not null references groups (id) on delete cascade,
  primary key (role_id, group_id)
) strict, without rowid;
create index group_roles_by_group on group_roles (group_id, role_id);

create table service_roles (
  role_id integer not null references roles (id) on delete cascade,
  service_id integer not null references services (id) on delete cascade,
  primary key (role_id, service_id)
) strict, without rowid;
create index service_roles_by_service on service_roles (service_id, role_id);

-- Scopes of shares and codes have no filter here: it is their server, whatever it and its owner are called by then.
create table shares (
  id integer primary key autoincrement,
  server_id integer not null references servers (id) on delete cascade,
  user_id integer references users (id) on delete cascade,
  group_id integer references groups (id) on delete cascade,
  scopes text not null,
  created_at integer not null,
  expires_at integer,
  unique (server_id, user_id),
  unique (server_id, group_id),
  check ((user_id is null) <> (group_id is null))
) strict;
create index shares_by_user on shares (user_id);
create index shares_by_group on shares (group_id);
create index shares_by_expiry on shares (expires_at);

create table share_codes (
  id integer primary key autoincrement,
  hash text not null unique,
  server_id integer not null references servers (id) on delete cascade,
  scopes text not null,
  created_at integer not null,
  expires_at integer not null,
  exchange_count integer not null default 0,
  last_exchanged_at integer
) strict;
create index share_codes_by_server on share_codes (server_id);
create index share_codes_by_expiry on share_codes (expires_at);

alter table oauth_clients add column service_id integer references services (id) on delete cascade;
alter table oauth_clients add column no_confirm integer not null default 0 check (no_confirm in (0, 1));
create unique index oauth_clients_by_service on oauth_clients (service_id);

create table tokens_of_both (
  id integer primary key autoincrement,
  hash text not null unique,
  user_id integer references users (id) on delete cascade,
  service_id integer references services (id) on delete cascade,
  note text not null,
  scopes text not null,
  client_id text references oauth_clients (id) on delete cascade,
  server_id integer references servers (id) on delete cascade,
  session_public_id text,
  created_at integer not null,
  last_activity_at integer,
  expires_at integer,
  check ((user_id is null) <> (service_id is null))
) strict;
-- First of all the highest id there ever was: those of deleted tokens must not come back.
insert into sqlite_sequence (name, seq)
  select 'tokens_of_both', seq from sqlite_sequence where name = 'tokens';
insert into tokens_of_both (id, hash, user_id, note, scopes, client_id, server_id,
    session_public_id, created_at, last_activity_at, expires_at)
  select id, hash, user_id, note, scopes, client_id, server_id,
    session_public_id, created_at, last_activity_at, expires_at
  from tokens;
drop table tokens;
alter table tokens_of_both rename to tokens;
create index tokens_by_user on tokens (user_id, client_id);
create index tokens_by_service on tokens (service_id);
create index tokens_by_client on tokens (client_id);
create index tokens_by_server on tokens (server_id);
create index tokens_by_session on tokens (session_public_id);
create index tokens_by_expiry on tokens (expires_at);
