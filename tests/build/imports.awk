# What scripts import, for rooms.awk.
#
#   awk -f imports.awk FILES
#
# A line of file, line, script and "imports", however it is written: after
# `from`, by import() or with a URL beside import.meta.url, over lines, with any
# quotes, from the page's top. Packages are left out. What is put together where
# it runs nobody could tell here: it comes with "wrongly".

BEGIN {
    RS = "\001"             # of each file one record
    gap = "([ \t\r\n]|/[*]([^*]|[*]+[^*/])*[*]+/|//[^\n]*\n)*"
    word = "(^|[^A-Za-z0-9_$.])(from|import|importScripts" \
        "|new[ \t\r\n]+(URL|Worker|SharedWorker))"
    named = word gap "([(]" gap ")?[\"'`]"
    computed = "(^|[^A-Za-z0-9_$.])import" gap "[(]" gap "[^\"'` \t\r\n/)]"
}

{
    imports($0)
    if (FILENAME ~ /^web\//) {
        computes($0)
    }
}

function imports(text,    line, found, end, path) {
    line = 1

    while (match(text, named)) {
        found = substr(text, RSTART, RLENGTH)
        line += lines_of(substr(text, 1, RSTART + RLENGTH - 1))
        text = substr(text, RSTART + RLENGTH)

        end = index(text, substr(found, length(found)))
        path = substr(text, 1, end - 1)

        if (path !~ /\n/) {                 # else words in a comment
            say(line, path, found)
            text = substr(text, end + 1)
        }
    }
}

function computes(text,    line) {
    line = 1

    while (match(text, computed)) {
        line += lines_of(substr(text, 1, RSTART + RLENGTH - 2))
        text = substr(text, RSTART + RLENGTH - 1)
        print FILENAME "\t" line "\t" "import(" "\twrongly"
    }
}

function lines_of(text) {
    return gsub(/\n/, "\n", text)
}

function say(line, path, found) {
    if (path ~ /\$\{|\\/) {
        if (FILENAME ~ /^web\// && found !~ /new[ \t\r\n]/) {
            print FILENAME "\t" line "\t" path "\twrongly"
        }
        return
    }

    sub(/[?#].*/, "", path)

    if (path ~ /^\// && FILENAME ~ /^web\//) {
        path = "web" path
    } else if (path ~ /^\.\.?\// \
               || (found ~ /new[ \t\r\n]/ && path ~ /^[a-z]/)) {
        path = from_here(path)
    } else {
        return
    }

    if (found !~ /new[ \t\r\n]/ || path ~ /\.m?js$/) {
        print FILENAME "\t" line "\t" path "\timports"
    }
}

function from_here(path,    way) {
    way = FILENAME
    sub(/[^\/]*$/, "", way)
    way = way path

    while (sub(/\/\.\//, "/", way) || sub(/[^\/]+\/\.\.\//, "", way)) {
        continue
    }
    return way
}
