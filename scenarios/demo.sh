#!/bin/sh
# Starts a gateway on free ports, with nothing in it and a clock that can be moved; plays the tour against it
# over SMPP, on this terminal; stops it.  The code is that of the replay.
#
#   scenarios/demo.sh .venv/bin/ussd-gateway [SCRIPT...]
set -u

gateway=$1
shift
[ $# -gt 0 ] || set -- "$(dirname "$0")/tour.yaml"

folder=$(mktemp -d) || exit 3
pid=
: >"$folder/banner"
stop() {
    code=$?
    trap - EXIT INT TERM
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    fi
    rm -rf "$folder"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

USSDGW_SMPP__PORT=0 USSDGW_HTTP__PORT=0 USSDGW_CLOCK=virtual USSDGW_LOG__LEVEL=warning \
USSDGW_STORAGE__URL=memory:// USSDGW_STORAGE__MAILBOX="$folder/mailbox" \
    "$gateway" serve >"$folder/banner" 2>"$folder/log" </dev/null &
pid=$!

# The last line of the banner; a gateway that cannot start ends, and its log says why.
waited=0
until grep -qx ready "$folder/banner"; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$waited" -ge 300 ]; then
        echo "the gateway did not start" >&2
        cat "$folder/log" >&2
        exit 3
    fi
    sleep 0.1
    waited=$((waited + 1))
done
smpp=$(sed -n 's/^SMPP  *//p' "$folder/banner")
http=$(sed -n 's/^HTTP  *//p' "$folder/banner")
echo "A gateway is up: SMPP at $smpp, HTTP at $http."

"$gateway" replay --verbose --via smpp --target "$smpp" --url "$http" "$@"
