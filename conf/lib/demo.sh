# The admin, and what a first visitor finds in the library. Everything goes the
# way that any client's goes: by the API. The user of the servers reads and
# writes the files, since they lie in his folder.

admin=admin@sluice.local


# api METHOD PATH [curl's arguments]: the answer's body; false on an error,
# which is then shown.
api()
{
    local method=$1 path=$2 body code
    shift 2

    body=$(as curl -sS -w '\n%{http_code}' -X "$method" --max-time 120 \
        -K run/token "$@" "$url$path")
    code=${body##*$'\n'}
    body=${body%$'\n'*}

    if [ "$code" -ge 300 ]; then
        printf '%s %s was answered with %s:\n%s\n' "$method" "$path" "$code" \
            "$body" >&2
        return 1
    fi
    printf '%s\n' "$body"
}


# demo_json [jq's arguments]: of demo.json.
demo_json()
{
    as jq "$@" demo.json
}


# keep FILE: standard input, for the user of the servers alone.
keep()
{
    as sh -c 'umask 077; cat > "$1.new" && mv "$1.new" "$1"' - "$1"
}


make_admin()
{
    local password

    if [ -e demo.json ]; then
        demo_json --arg url "$url" '.url = $url' | keep demo.json
        echo 'is there'
        return
    fi
    password=$(head -c 15 /dev/urandom | base64 | tr '+/' 'xy')
    as bin/sluicectl user add $admin --role admin --password-stdin \
        --database "host=$state/run dbname=sluice user=sluice" \
        <<< "$password" \
        || die "$admin exists, but not demo.json with the password."
    jq -R --arg email $admin --arg url "$url" \
        '{url: $url, email: $email, password: .}' <<< "$password" \
        | keep demo.json
    echo made
}


sign_in()
{
    keep run/token < /dev/null
    demo_json '{email, password}' \
        | api POST /api/sessions -H 'Content-Type: application/json' \
            --data-binary @- \
        | jq -r '"header = \"Authorization: Bearer " + .access_token + "\""' \
        | keep run/token
    echo ready
}


# upload WHAT FILE NAME: sends the file and remembers the id in demo.json.
upload()
{
    local id
    id=$(api POST "/api/media?filename=$3" --expect100-timeout 5 \
        -H 'Content-Type: application/octet-stream' -T "$2" | jq -r .id)
    demo_json --arg what "$1" --arg id "$id" '.[$what] = {id: $id}' \
        | keep demo.json
}


# settled WHAT: the media is ready; false while it is worked on.
settled()
{
    local media
    media=$(api GET "/api/media/$(demo_json -r ".$1.id")") || return 1
    case $(jq -r .state <<< "$media") in
    ready) ;;
    failed) jq -r '.error // "it failed"' <<< "$media" | as tee run/failed ;;
    *) return 1 ;;
    esac
}


# there WHAT: it was taken in, and nobody has deleted it since. Another failure
# to find it says nothing.
there()
{
    local id code
    id=$(demo_json -e -r ".$1.id") || return 1
    code=$(as curl -sS -o /dev/null -w '%{http_code}' -K run/token \
        "$url/api/media/$id")
    [ "$code" != 404 ]
}


# demo WHAT NAME COMMAND: makes the file, unless it was taken in before.
demo()
{
    if there "$1"; then
        echo 'is there'
        return
    fi

    as rm -f run/failed
    "${@:3}"
    upload "$1" "tmp/demo-$1" "$2"
    as rm -f "tmp/demo-$1"
    await 180 settled "$1" || { echo 'The worker is not done yet.'; return 1; }
    ! as cat run/failed 2> /dev/null || return 1
    echo 'uploaded and ready'
}


demo_film()
{
    demo film Test%20card.mp4 as ffmpeg -v error -y \
        -f lavfi -i testsrc2=size=1280x720:rate=25:duration=20 \
        -f lavfi -i sine=frequency=440:sample_rate=48000:duration=20 \
        -c:v libx264 -preset superfast -pix_fmt yuv420p -g 50 -keyint_min 50 \
        -sc_threshold 0 -c:a aac -b:a 96k -movflags +faststart \
        -f mp4 tmp/demo-film
}


demo_score()
{
    demo score Ah%20vous%20dirai-je%20maman.pdf \
        as tee tmp/demo-score < "$conf/demo/score.pdf"
}


# Links end some day: each start writes fresh ones.
write_demo()
{
    local what media

    for what in film score; do
        demo_json -e ".$what.id" > /dev/null || continue
        media=$(api GET "/api/media/$(demo_json -r ".$what.id")")
        demo_json --arg what $what --argjson media "$media" \
            '.[$what] = ($media | {id, links})' | keep demo.json
    done

    as rm -f run/token
    echo written
}
