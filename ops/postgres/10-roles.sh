#!/bin/sh
# Make Tollgate's roles and database when the cluster is new; run by the postgres image's entrypoint.
# What each role may do to which table is granted by the migrations, next to the tables.
set -eu

psql --set ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set owner="${TOLLGATE_OWNER_PASSWORD:?}" \
  --set web="${TOLLGATE_WEB_PASSWORD:?}" \
  --set worker="${TOLLGATE_WORKER_PASSWORD:?}" \
  --set sealer="${TOLLGATE_SEALER_PASSWORD:?}" \
  --set auditor="${TOLLGATE_AUDITOR_PASSWORD:?}" <<'SQL'
CREATE ROLE tollgate_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE tollgate_web LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'web';
CREATE ROLE tollgate_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'worker';
CREATE ROLE tollgate_sealer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'sealer';
CREATE ROLE tollgate_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'auditor';
CREATE DATABASE tollgate OWNER tollgate_owner;
REVOKE ALL ON DATABASE tollgate FROM PUBLIC;
GRANT CONNECT ON DATABASE tollgate TO tollgate_web, tollgate_worker, tollgate_sealer, tollgate_auditor;
SQL
