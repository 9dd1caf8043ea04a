#!/bin/bash
# Makes the cluster, its user and its database at the first start, then becomes the server, as the public image does.
set -euo pipefail

if [[ $(id -u) == 0 ]]; then
  chown postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 3777 /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ! -e $PGDATA/PG_VERSION ]]; then
  if [[ -z ${POSTGRES_PASSWORD:-} && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
    echo "set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust" >&2
    exit 1
  fi
  initdb -U "${POSTGRES_USER:-postgres}" -E UTF8 --auth-local=trust \
    --pwfile=<(printf '%s' "${POSTGRES_PASSWORD:-unused}") >/dev/null
  pg_ctl -w start -o "-c listen_addresses=''" >/dev/null
  createdb -U "${POSTGRES_USER:-postgres}" "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" 2>/dev/null || true
  pg_ctl -w -m fast stop >/dev/null
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
fi
exec "$@"
