-- Servers may have a name for people besides the one in addresses.

alter table servers add column display_name text;
