#!/bin/sh
# What curl can do to an agent, run against the demo (`npm run demo` prints the operator's key):
#
#   OPERATOR_KEY=vak_… sh server/access/try-it.sh
#
# Each line is one attempt, the answer it got and the answer it must get. Exits 1 when one of them differs. Every attempt
# comes from this machine, so a second run within a minute can meet the limits for one network (429).
set -u
SERVER="${SERVER:-http://localhost:8787}"
SITE="${SITE:-http://localhost:8788}"
FOREIGN="${FOREIGN:-http://localhost:8789}"
: "${OPERATOR_KEY:?set OPERATOR_KEY to the key that the demo prints}"
failed=0

# check <what is tried> <status and code it must get> <curl arguments…>
check() {
  what=$1 wanted=$2
  shift 2
  answer=$(curl --silent --max-time 20 --write-out '\n%{http_code}' "$@")
  code=$(printf '%s' "$answer" | sed -n 's/.*"code":"\([a-z_]*\)".*/\1/p')
  got="$(printf '%s' "$answer" | tail -n 1)${code:+ $code}"
  if [ "$got" = "$wanted" ]; then mark=ok; else mark="NOT OK, wanted $wanted" failed=1; fi
  printf '%-68s %-28s %s\n' "$what" "$got" "$mark"
}

# session_of <tenant> <origin>: a session as a page gets it
session_of() {
  curl --silent --max-time 20 --header "Origin: $2" --header 'Content-Type: text/plain' \
    --data "{\"tenant\":\"$1\"}" "$SERVER/v1/sessions" | sed -n 's/.*"session":"\([^"]*\)".*/\1/p'
}
text='Content-Type: text/plain'
key="Authorization: Bearer $OPERATOR_KEY"

echo "Sessions ($SERVER)"
check 'no Origin' '403 origin_not_allowed' -H "$text" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"
check 'the foreign page' '403 origin_not_allowed' -H "$text" -H "Origin: $FOREIGN" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"
check 'the allowed page as a prefix' '403 origin_not_allowed' -H "$text" -H "Origin: $SITE.evil.example" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"
check 'the allowed page twice in one header' '403 origin_not_allowed' -H "$text" -H "Origin: $SITE, $SITE" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"
check 'an unknown tenant: the same answer' '403 origin_not_allowed' -H "$text" -H "Origin: $SITE" -d '{"tenant":"nobody"}' "$SERVER/v1/sessions"
check 'an extra field in the body' '400 invalid_request' -H "$text" -H "Origin: $SITE" -d '{"tenant":"acme","admin":true}' "$SERVER/v1/sessions"
check 'curl can write any Origin: it gets a session, good for one call' '201' -H "$text" -H "Origin: $SITE" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"

echo 'Calls'
session=$(session_of acme "$SITE")
check 'a session from another page' '403 origin_not_allowed' -H "$text" -H "Origin: $FOREIGN" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
check 'a changed session' '401 unauthorized' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"${session}x\"}" "$SERVER/v1/calls"
check 'another assistant, prompt or server beside the session' '400 invalid_request' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\",\"assistantOverrides\":{\"firstMessage\":\"hi\"}}" "$SERVER/v1/calls"
check 'the session as it is: one call within the limits' '201' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
check 'the same session again' '409 session_used' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
# The demo creates the tenants for what goes wrong when their page is first opened.
curl --silent --max-time 20 --output /dev/null "$SITE/trouble"
session=$(session_of try-no-budget "$SITE")
check 'a call that the budget does not pay for' '402 budget_exhausted' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
session=$(session_of try-too-fast "$SITE")
check 'the first call in a minute where one is allowed' '201' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
session=$(session_of try-too-fast "$SITE")
check 'the second' '429 rate_limited' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"

echo 'Text conversations'
session=$(session_of acme "$SITE")
chat=$(curl --silent --max-time 20 -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\",\"message\":\"Hello\"}" "$SERVER/v1/chats" | sed -n 's/.*"chat":"\([^"]*\)".*/\1/p')
check 'the permission to continue, from the first answer: one message' '200' -H "$text" -H "Origin: $SITE" -d "{\"chat\":\"$chat\",\"message\":\"Hello\"}" "$SERVER/v1/chats"
check 'the same permission again' '409 session_used' -H "$text" -H "Origin: $SITE" -d "{\"chat\":\"$chat\",\"message\":\"Hello\"}" "$SERVER/v1/chats"

echo 'The kill switch'
session=$(session_of acme "$SITE")
check 'the operator pauses' '200' -X POST -H "$key" "$SERVER/v1/tenants/acme/pause"
check 'a new session' '403 tenant_paused' -H "$text" -H "Origin: $SITE" -d '{"tenant":"acme"}' "$SERVER/v1/sessions"
check 'an earlier session' '403 tenant_paused' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"
check 'the operator resumes' '200' -X POST -H "$key" "$SERVER/v1/tenants/acme/resume"
check 'the earlier session stays invalid' '403 tenant_paused' -H "$text" -H "Origin: $SITE" -d "{\"session\":\"$session\"}" "$SERVER/v1/calls"

echo 'Everything else'
check 'a report that Vapi has not sent' '401 unauthorized' -H 'X-Vapi-Secret: guess' -d '{"message":{}}' "$SERVER/v1/webhooks/vapi/acme"
check 'the operator API without a key' '401 unauthorized' "$SERVER/v1/tenants"
check 'the key in the query' '401 unauthorized' "$SERVER/v1/tenants?key=$OPERATOR_KEY"
check 'a path that climbs' '404 not_found' --path-as-is "$SERVER/../../package.json"
check 'the refused pages, as the operator sees them' '200' -H "$key" "$SERVER/v1/tenants/acme/blocked-origins"
exit $failed
