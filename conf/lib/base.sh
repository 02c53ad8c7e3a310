# Small things that the stack's other files stand on.

run_user=$(id -un)
[ "$(id -u)" -ne 0 ] || run_user=www-data
run_uid=$(id -u "$run_user")


die()
{
    printf 'Sluice: %s\n' "$*" >&2
    exit 1
}


# What stands before a command that runs as the user of the servers.
demote=()
if [ "$(id -u)" -eq 0 ]; then
    demote=(env HOME="$state" setpriv --reuid="$run_user" --regid="$run_user"
            --init-groups --)
fi


as()
{
    if [ ${#demote[@]} -gt 0 ]; then
        HOME=$state "${demote[@]:2}" "$@" 9>&-    # a process fewer than with env
    else
        "$@" 9>&-
    fi
}


# signal NAME PID...: as the servers' user too, since the numbers come from
# files of his, and he may signal nobody else's processes.
signal()
{
    as sh -c 'kill -s "$@"' - "$@" 2> /dev/null || true
}


# One stack, one hand at a time.
lock()
{
    as touch run/lock
    exec 9< run/lock
    flock 9
}


unlock()
{
    exec 9>&-
}


since()
{
    local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
    echo "$((tenths / 10)).$((tenths % 10)) s"
}


# step NAME COMMAND: runs it, and prints a line with the last word that it said
# and the time it took. When it fails, all that it said is shown.
step()
{
    local from=$EPOCHREALTIME said code

    printf '  %-11s ' "$1"
    set +e
    said=$(set -e; "${@:2}" 2>&1)
    code=$?
    set -e

    if [ $code -ne 0 ]; then
        printf 'failed\n\n%s\n' "$said" >&2
        die "$1 did not get ready; the logs are in $state/logs."
    fi
    printf '%s (%s)\n' "${said##*$'\n'}" "$(since "$from")"
}


# await SECONDS COMMAND: asks until it is true; false when the time is over.
await()
{
    local until=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < until)) || return 1
        sleep 0.05
    done
}


# Copies a file into the state; false when the same is there already. The old
# one is replaced, not overwritten: it may be running.
bring()
{
    local mode=644
    ! cmp -s "$1" "$2" || return 1
    [ -r "$1" ] || die "$1 is not there, or not readable."
    [ ! -x "$1" ] || mode=755
    as sh -c 'cat > "$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"' \
        - "$2" $mode < "$1" || die "$state/$2 cannot be written."
}


# Fills conf/<name> in and puts it into the state, like bring.
render()
{
    local filled new=1
    filled=$(mktemp)
    sed -e "s|@STORE@|$(store_line)|g; s|@STATE@|$state|g" \
        -e "s|@PORT@|$port|g; s|@URL@|$url|g" "$conf/$1" > "$filled"
    bring "$filled" "$1" && new=0
    rm "$filled"
    return $new
}


# named PID NAME: alive, and of that name; after a crash a number in a pid file
# may be another's.
named()
{
    local stat
    { read -r stat < "/proc/$1/stat"; } 2> /dev/null \
        && [[ $stat == *"($2)"* && $stat != *") "[ZX]" "* ]]
}


# The process that a pid file names.
pid()
{
    local number
    { read -r number < "$1"; } 2> /dev/null && named "$number" "$2" \
        && echo "$number"
}


# The processes of that name in the session that the pid file's process leads,
# or led before something killed it.
family()
{
    local leader file stat fields
    { read -r leader < "$1"; } 2> /dev/null || return 0
    for file in /proc/[0-9]*/stat; do
        # pid (comm) state ppid pgrp session: proc(5)
        { read -r stat < "$file"; } 2> /dev/null || continue
        [[ $stat == *"($2)"* && $stat != *") "[ZX]" "* ]] || continue
        read -ra fields <<< "${stat##*) }"
        [ "${fields[3]}" != "$leader" ] || echo "${stat%% *}"
    done
}


gone()
{
    [ -z "$(family "$1" "$2")" ]
}


# end FILE NAME [SIGNAL SECONDS]...: each signal gets its time, then KILL.
end()
{
    local file=$1 name=$2 whom
    shift 2

    [ -e "$file" ] || return 0
    while [ $# -gt 0 ] && ! gone "$file" "$name"; do
        # Children whose leader was killed are asked themselves.
        whom=$(pid "$file" "$name") || whom=$(family "$file" "$name")
        signal "$1" $whom
        await "$2" gone "$file" "$name" || true
        shift 2
    done

    if ! gone "$file" "$name"; then
        signal KILL $(family "$file" "$name")
        await 5 gone "$file" "$name"
    fi
    as rm -f "$file"
}
