-- What authenticators learnt of users, encrypted; beside the users, so that reading them never touches it.

create table auth_states (
  user_id integer primary key references users (id) on delete cascade,
  sealed text not null
) strict;
