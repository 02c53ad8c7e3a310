# Who calls whose functions in SQL, for rooms.awk.
#
#   awk -f functions.awk pass=1 FILES pass=2 FILES
#
# A line of file, line, the file that makes the function, and its name. Of
# several that make one name, the first in the order given has it, and each of
# them has its own.

FNR == 1 {
    dropped = 0
}

{
    line = tolower($0)
    sub(/--.*/, "", line)
    made = made_in(line)
}

pass == 1 {
    if (made != "") {
        makes[FILENAME, made] = 1
        if (!(made in home)) {
            home[made] = FILENAME
        }
    }
    next
}

line ~ /drop (function|trigger)/ {
    dropped = 1             # up to its semicolon
}

!dropped {
    while ((name = name_in(line)) != "") {
        line = substr(line, RSTART + RLENGTH)

        if (name in home && !((FILENAME, name) in makes)) {
            print FILENAME "\t" FNR "\t" home[name] "\t" name
        }
    }
}

/;/ {
    dropped = 0
}

function made_in(line,    name) {
    if (!match(line, /create .*(function|procedure) +[a-z_]+\.[a-z0-9_]+/)) {
        return ""
    }
    name = substr(line, RSTART, RLENGTH)
    sub(/.* /, "", name)
    return name
}

function name_in(line,    name) {
    if (!match(line, /[a-z_]+\.[a-z0-9_]+[ \t]*\(/)) {
        return ""
    }
    name = substr(line, RSTART, RLENGTH - 1)
    sub(/[ \t]+$/, "", name)
    return name
}
