# What C files include, for rooms.awk.
#
#   awk -f includes.awk FILES
#
# A line of file, line, what is included and "includes" where it is ours, else
# "header". There are two forms: "a.h" of the own folder, else "core/jose/jwk.h"
# by its way from the top, and <a.h> of a library. What any other line includes
# nobody could tell here, and so it comes with "wrongly": through a macro, by
# another spelling of the directive, on a line that begins with something else.

BEGIN {
    ours = "^(core|ngx_module|worker)(/[a-z0-9_]+)*/[a-z0-9_]+[.]h$"
}

FNR == 1 {
    inside = 0              # a comment
    begun = ""              # of a line that a \ goes on with
}

begun == "" {
    first = FNR
}

/\\$/ {
    begun = begun substr($0, 1, length($0) - 1) " "
    next
}

{
    line = begun $0
    begun = ""
    code = bare(line)
}

code ~ /^[ \t\f\v]*(#|%:|\?\?=)[ \t\f\v]*(include|include_next|import|embed)([^A-Za-z0-9_]|$)/ {
    say(name_of(line))
}

# The line without its comments.
function bare(line,    out, token) {
    if (!inside && line !~ /\/\*/) {
        return line
    }

    while (line != "") {
        if (inside) {
            if (!match(line, /\*\//)) {
                return out
            }
            line = substr(line, RSTART + 2)
            inside = 0
            out = out " "

        } else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/)) {
            token = substr(line, RSTART, 2)
            if (token == "//") {
                return out substr(line, 1, RSTART - 1)
            }
            inside = (token == "/*")
            out = out substr(line, 1, RSTART - 1 \
                             + (inside ? 0 : RLENGTH))
            line = substr(line, RSTART + (inside ? 2 : RLENGTH))

        } else {
            return out line
        }
    }

    return out
}

# What a line of one of the two forms includes, with its verb; "" of others.
function name_of(line,    name, folder, rest) {
    name = substr(line, 11, length(line) - 11)

    if (line ~ /^#include "[^"]*"$/) {
        folder = FILENAME
        sub(/[^\/]*$/, "", folder)
        verb = "includes"

        if (name ~ /^[a-z0-9_]+[.]h$/ && (getline rest < (folder name)) >= 0) {
            close(folder name)
            return folder name
        }
        return name ~ ours ? name : ""
    }

    verb = "header"
    return line ~ /^#include <[A-Za-z0-9_.+\/-]+>$/ && name !~ /\.\// \
        && name !~ /^(\/|(core|ngx_module|worker)\/)/ ? name : ""
}

function say(name) {
    gsub(/\t/, " ", line)
    print FILENAME "\t" first "\t" (name == "" ? line : name) "\t" \
        (name == "" ? "wrongly" : verb)
}
