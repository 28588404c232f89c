-- The first schema. Times are epoch milliseconds, flags 0 or 1. Ids are never used again (autoincrement),
-- so that what was kept under a deleted row's id cannot fall to a new one.

create table users (
  id integer primary key autoincrement,
  name text not null unique,
  slug text not null unique,
  admin integer not null default 0 check (admin in (0, 1)),
  disabled integer not null default 0 check (disabled in (0, 1)),
  password_hash text,
  created_at integer not null,
  last_activity_at integer
) strict;
create index users_by_activity on users (last_activity_at);
create index users_by_admin on users (admin, disabled);

create table identities (
  issuer text not null,
  subject text not null,
  user_id integer not null references users (id) on delete cascade,
  primary key (issuer, subject)
) strict, without rowid;
create index identities_by_user on identities (user_id);

create table sessions (
  hash text primary key,
  user_id integer not null references users (id) on delete cascade,
  public_id text not null,
  created_at integer not null,
  seen_at integer not null,
  expires_at integer not null,
  address text not null,
  user_agent text not null
) strict, without rowid;
create index sessions_by_user on sessions (user_id);
create index sessions_by_seen on sessions (seen_at);
create index sessions_by_expiry on sessions (expires_at);

create table one_time_links (
  id integer primary key autoincrement,
  hash text not null unique,
  kind text not null check (kind in ('claim', 'invite', 'reset')),
  user_id integer references users (id) on delete cascade,
  created_at integer not null,
  expires_at integer not null
) strict;
create index one_time_links_by_user on one_time_links (user_id);
create index one_time_links_by_kind on one_time_links (kind, user_id);
create index one_time_links_by_expiry on one_time_links (expires_at);

create table servers (
  id integer primary key autoincrement,
  user_id integer not null references users (id) on delete cascade,
  name text not null,
  state text not null default 'stopped'
    check (state in ('stopped', 'starting', 'ready', 'stopping', 'failed')),
  url text,
  spawn_state text,
  options text not null default '{}',
  failure text,
  started_at integer,
  last_activity_at integer,
  unique (user_id, name)
) strict;
create index servers_by_state on servers (state);

create table oauth_clients (
  id text primary key,
  secret_hash text not null,
  redirect_uri text not null,
  description text not null,
  allowed_scopes text not null,
  server_id integer unique references servers (id) on delete cascade
) strict, without rowid;

create table oauth_codes (
  hash text primary key,
  client_id text not null references oauth_clients (id) on delete cascade,
  user_id integer not null references users (id) on delete cascade,
  redirect_uri text not null,
  session_public_id text not null,
  scopes text not null,
  challenge text,
  challenge_method text not null check (challenge_method in ('S256', 'plain')),
  expires_at integer not null
) strict, without rowid;
create index oauth_codes_by_client on oauth_codes (client_id);
create index oauth_codes_by_user on oauth_codes (user_id);
create index oauth_codes_by_expiry on oauth_codes (expires_at);

create table tokens (
  id integer primary key autoincrement,
  hash text not null unique,
  user_id integer not null references users (id) on delete cascade,
  note text not null,
  scopes text not null,
  client_id text references oauth_clients (id) on delete cascade,
  server_id integer references servers (id) on delete cascade,
  session_public_id text,
  created_at integer not null,
  last_activity_at integer,
  expires_at integer
) strict;
create index tokens_by_user on tokens (user_id, client_id);
create index tokens_by_client on tokens (client_id);
create index tokens_by_server on tokens (server_id);
create index tokens_by_session on tokens (session_public_id);
create index tokens_by_expiry on tokens (expires_at);

create table facts (
  key text primary key,
  value text not null
) strict, without rowid;
