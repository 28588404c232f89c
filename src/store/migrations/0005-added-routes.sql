-- Routes that programs added over the REST API of routes, with whatever they said about them.

create table added_routes (
  path text primary key,
  data text not null,
  used_at integer not null
) strict, without rowid;
