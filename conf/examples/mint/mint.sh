#!/bin/sh
# Signs a link with openssl alone:  mint.sh PATH [SECONDS]
#
# SLUICE_KID and SLUICE_SECRET are "kid" and "k" of an oct key of the key set.
# (Quotes and backslashes in PATH would have to be escaped for JSON. The secret
# is an argument of openssl: not for a machine that strangers share.)
set -eu

b64url() { openssl base64 -A | tr '/+' '_-' | tr -d '='; }

k=$SLUICE_SECRET
while [ $((${#k} % 4)) -ne 0 ]; do k="$k="; done
hex=$(printf %s "$k" | tr '_-' '/+' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')

header=$(printf '{"alg":"HS256","typ":"grant+jwt","kid":"%s"}' "$SLUICE_KID" | b64url)
claims=$(printf '{"path":"%s","exp":%d}' "$1" $(($(date +%s) + ${2:-3600})) | b64url)
mac=$(printf %s "$header.$claims" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hex" -binary | b64url)

echo "$header.$claims.$mac"
