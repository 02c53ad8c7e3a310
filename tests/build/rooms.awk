# Arrows between files, held against the order of rooms.
#
#   awk -v draw=0 -f rooms.awk rooms.order rooms.libraries ARROWS
#
# An arrow is a line of file, line, file and verb, with tabs between: where it is
# written, whom it leads to, and "includes", "imports" or the symbol that is
# used, whose line is looked for when somebody has to be told. Instead of a file
# it may lead to what a library has, with "header" or "symbol"; or the line says
# what "wrongly" names somebody. "holds" gives the lines of a file. Complaints
# have file and line before the rule; the exit code is 1 after any.

BEGIN {
    FS = "\t"
}

FNR == 1 {
    part++
}


# ---- the order ----

part < 3 && (/^#/ || NF == 0) {
    next
}

part == 1 {
    read_order($0)
    next
}

part == 2 {
    read_library($0)
    next
}

function read_order(line,    words, n, i, level, floor) {
    gsub(/</, " < ", line)
    gsub(/,/, " ", line)
    n = split(line, words, " ")
    floor = words[1]

    for (i = 2; i <= n; i++) {
        text[floor] = text[floor] (words[i] == "<" ? " < " \
            : words[i - 1] == "<" || i == 2 ? words[i] : ", " words[i])
    }

    for (i = 2; i <= n; i++) {
        if (words[i] == "<") {
            level++
            continue
        }
        rank[floor, words[i]] = level
        rooms[floor] = rooms[floor] " " words[i]
    }

    if (!((floor, ".") in rank)) {
        rank[floor, "."] = level + 1
        rooms[floor] = rooms[floor] " ."
    }

    floors[++floor_count] = floor
}


# ---- libraries ----

function read_library(line,    words, n, i) {
    n = split(line, words, " ")

    if (words[2] == "=") {
        for (i = 3; i <= n; i++) {
            has_library[words[1], words[i]] = 1
        }
        return
    }

    headers[++library_count] = "^(" words[2] ")$"
    symbols[library_count] = "^(" words[3] ")"
    library[library_count] = words[1]
}

# The library of a header or symbol; "": none that is listed.
function library_of(name, verb,    i) {
    if ((name, verb) in is_of) {
        return is_of[name, verb]
    }

    for (i = 1; i <= library_count; i++) {
        if (name ~ (verb == "header" ? headers[i] : symbols[i])) {
            break
        }
    }
    return is_of[name, verb] = (i <= library_count) ? library[i] : ""
}

# Its room has it, or a folder above that.
function stands_on(file, wanted) {
    sub(/[^\/]*$/, ".", file)

    if ((file, wanted) in has_library) {
        return 1
    }

    while (sub(/\/[^\/]*$/, "", file)) {
        if ((file, wanted) in has_library) {
            return 1
        }
    }
    return 0
}

function stand(file, line, name, verb,    wanted, room) {
    wanted = library_of(name, verb)

    if (wanted == "libc" || (wanted == "" && verb == "symbol") \
        || stands_on(file, wanted) || (wanted != "" && told[file, wanted]++)) {
        return
    }

    status = 1
    tell(file, line, verb == "header" ? "<" name ">" : wanted, \
        verb == "header" ? "includes" : name)
    room = file
    sub(/[^\/]*$/, "", room)
    rule(wanted == "" ? "rooms.libraries does not know whose header that is" \
        : room " does not stand on " wanted ", as rooms.libraries has it")
}


# ---- arrows ----

$4 == "holds" {
    hold($1, $2)
    next
}

$4 == "header" || $4 == "symbol" {
    stand($1, $2, $3, $4)
    next
}

$4 == "wrongly" {
    status = 1
    if (!draw) {
        print $1 ":" $2 ": " $3
    }
    rule($1 ~ /\.[ch]$/ ? "an include names a file by its way from the top, or " \
            "one of its own folder, or a library's in angle brackets" \
        : "what a script imports is written out in one piece")
    next
}

{
    arrow($1, $2, $3, $4)
}

function arrow(from, line, to, verb,    a, b, n, m, i, floor, x, y) {
    n = split(from, a, "/")
    m = split(to, b, "/")

    for (i = 1; i < n && i < m && a[i] == b[i]; i++) {
        floor = below(floor, a[i])
    }

    x = (i == n) ? "." : a[i]
    y = (i == m) ? "." : b[i]
    floor = (floor == "") ? "/" : floor

    # nginx keeps a module's context and configuration under the module's name:
    # it is a key, whoever stands behind it
    if (from != to && verb !~ /^ngx_.*_module$/ && !((from, to) in edge)) {
        if (!(from in after)) {
            files[++file_count] = from
        }
        edge[from, to] = line SUBSEP verb
        after[from] = after[from] " " to
    }

    if (!(floor in text) || x == y) {
        return
    }

    count[floor, x, y]++
    arrows++

    if (!((floor, x) in rank) || !((floor, y) in rank) \
        || rank[floor, x] <= rank[floor, y]) {
        upward++
        status = 1
        tell(from, line, to, verb)
        rule(title(x) " may not know " title(y) ", as " house(floor) " goes " \
            text[floor])
    }
}

function below(folder, name) {
    return (folder == "") ? name : folder "/" name
}

function house(floor) {
    return (floor == "/") ? "the house" : floor "/"
}

function title(room) {
    return (room == ".") ? "what lies in no room" : room
}

function tell(from, line, to, verb) {
    if (!draw) {
        line = (line > 0) ? line : line_of(from, verb)
        print from ":" (line > 0 ? line ":" : "") " " \
            (verb ~ /^(includes|imports)$/ ? verb " " to \
                                           : "uses " verb " of " to)
    }
}

function rule(text) {
    if (!draw) {
        print "error: " text
    }
}

# The first line that names a symbol outside of a comment; 0 when a macro does.
function line_of(file, symbol,    line, n, found) {
    symbol = "[^A-Za-z0-9_]" symbol "[^A-Za-z0-9_]"

    while (!found && (getline line < file) > 0) {
        n++
        if (line !~ /^ *(\/\*|\*)/ && (" " line " ") ~ symbol) {
            found = n
        }
    }
    close(file)

    return found + 0
}


# ---- circles ----

# Tarjan, "Depth-first search and linear graph algorithms", 1972
function visit(v,    list, n, i, w, members) {
    seen[v] = low[v] = ++clock
    stack[++depth] = v
    on[v] = 1
    n = split(after[v], list, " ")

    for (i = 1; i <= n; i++) {
        w = list[i]

        if (!(w in seen)) {
            visit(w)
            low[v] = (low[w] < low[v]) ? low[w] : low[v]

        } else if (on[w]) {
            low[v] = (seen[w] < low[v]) ? seen[w] : low[v]
        }
    }

    if (low[v] != seen[v]) {
        return
    }

    n = 0
    do {
        w = stack[depth--]
        on[w] = 0
        members[++n] = w
    } while (w != v)

    if (n > 1) {
        circle(members, n)
    }
}

function circle(members, n,    i, j, part, names) {
    circles++
    status = 1

    for (i = n; i > 0; i--) {
        names = names " " members[i]

        for (j = n; j > 0; j--) {
            if ((members[i], members[j]) in edge) {
                split(edge[members[i], members[j]], part, SUBSEP)
                tell(members[i], part[1], members[j], part[2])
            }
        }
    }

    rule("files know each other in a circle:" names)
}


# ---- the drawing ----

function hold(file, lines,    part, n, i, floor, room) {
    n = split(file, part, "/")

    for (i = 1; i <= n; i++) {
        room = (floor == "" ? "/" : floor) SUBSEP (i == n ? "." : part[i])
        sources[room]++
        length_of[room] += lines
        floor = below(floor, part[i])
    }
}

# A room is a box, and a wire leads left and up to each one that it knows: what
# would lead to the right is an arrow upwards.
function draw_floor(floor,    room, n, i, j, row, wire) {
    n = split(rooms[floor], room, " ")
    printf "\n%-15s  files   lines\n\n", house(floor)

    for (i = 1; i <= n; i++) {
        if (!((floor, room[i]) in sources)) {
            continue
        }

        row = ""
        wire = 0

        for (j = 1; j < i; j++) {
            if ((floor, room[i], room[j]) in count) {
                wire = 1
                row = row "●"
            } else if (goes_on(floor, room, n, i, j)) {
                row = row (wire ? "┼" : "│")
            } else {
                row = row (wire ? "─" : " ")
            }
            row = row (wire ? "──" : "  ")
        }

        row = row "■"

        for (j = i + 1; j <= n; j++) {
            if ((floor, room[i], room[j]) in count) {
                row = row " ▲ " room[j]
            }
        }

        printf "    %-13s %4d %7d   %s\n", room[i] == "." ? "(on top)" : room[i],
            sources[floor, room[i]], length_of[floor, room[i]], row
    }
}

# Does a room below row i know room j, so that its wire goes on?
function goes_on(floor, room, n, i, j,    k) {
    for (k = i + 1; k <= n; k++) {
        if ((floor, room[k], room[j]) in count) {
            return 1
        }
    }

    return 0
}

END {
    for (i = 1; i <= file_count; i++) {
        if (!(files[i] in seen)) {
            visit(files[i])
        }
    }

    if (draw) {
        for (i = 1; i <= floor_count; i++) {
            draw_floor(floors[i])
        }
        printf "\n%d circles, %d arrows upwards, of %d between rooms\n",
            circles, upward, arrows
    }

    exit status
}
