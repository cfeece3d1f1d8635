#!/bin/sh
# Gets the external programs the tests need: as root through apt, otherwise names what is missing.
# A test that misses its program is skipped with that reason, or fails when CI=true (tests/conftest.py).
# One line each: the command, then the Debian package that brings it.
set -u
PATH="$PATH:/usr/sbin" # daemons, for those who are not root

programs='
git git
redis-server redis-server
node nodejs
npm npm
chromium chromium
tshark tshark
bearerbox kannel
'

packages=$(printf '%s' "$programs" | while read -r command package; do
    [ -z "$command" ] || command -v "$command" >/dev/null 2>&1 || printf '%s ' "$package"
done)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the tests: $packages"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # one word for each package
    apt-get update -qq && apt-get install -qq -y --no-install-recommends $packages >/dev/null && {
        # Debian starts a server of its own; the tests start theirs, on free ports.
        case "$packages" in *redis-server*) service redis-server stop >/dev/null 2>&1 ;; esac
        case "$packages" in *kannel*) service kannel stop >/dev/null 2>&1 ;; esac
        exit 0
    }
fi
echo "missing, so their tests cannot run: $packages" >&2
