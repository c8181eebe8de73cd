-- Run once, when the database is new. The service owns its ledger but is not a superuser, so it cannot reach the
-- server's files or programs.
\set password `cat /run/secrets/ledger_password`
CREATE ROLE grader LOGIN PASSWORD :'password';
CREATE DATABASE grader OWNER grader ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE grader FROM PUBLIC;
