# SLUICE_STORE: a bucket, in one word, in place of the folder for media:
# s3://bucket/prefix?endpoint=http://127.0.0.1:7480&region=us-east-1&style=path

store_form='^s3://[a-z0-9.-]+[A-Za-z0-9._/-]*(\?[A-Za-z0-9.:/_=&-]+)?$'


check_store()
{
    [ -n "$store" ] || return 0

    [[ $store =~ $store_form ]] \
        || die "SLUICE_STORE is s3://bucket?endpoint=…&region=…&style=path," \
               "not \"$store\"."
    [ -r "$store_keys" ] \
        || die "SLUICE_STORE_KEYS is a file of two lines, an id and a secret:" \
               "\"$store_keys\" cannot be read."
}


# store_word NAME: what the word has behind "?".
store_word()
{
    local word
    for word in $(tr '?&' '  ' <<< "$store"); do
        [[ $word != "$1"=* ]] || echo "${word#*=}"
    done
}


# As sluice_store and worker.conf have it.
store_words()
{
    echo "$(tr '?&' '  ' <<< "$store") credentials=$state/store.keys"
}


# The worker's line.
store_line()
{
    [ -z "$store" ] && echo "media     $state/media" \
        || echo "store     $(store_words)"
}


# Where nginx fetches from: scheme and authority.
store_upstream()
{
    local at bucket style
    at=$(store_word endpoint)
    style=$(store_word style)
    style=${style:-${at:+path}}
    at=${at:-https://s3.$(store_word region).amazonaws.com}

    if [ "${style:-virtual}" = virtual ]; then
        bucket=${store#s3://}
        at=${at%%://*}://${bucket%%[/?]*}.${at#*://}
    fi
    echo "${at%/}"
}


# The http block's part.
store_conf()
{
    local at server
    at=$(store_upstream)
    server=${at#*://}
    [[ $at != https://* || $server == *:* ]] || server=$server:443

    cat << END
sluice_store $(store_words);
upstream bucket {
    server $server max_fails=0;
    server $server max_fails=0;
    keepalive 8;
}
proxy_cache_path $state/cache keys_zone=sluice_media:8m max_size=10g
                 inactive=30d use_temp_path=off;
proxy_cache_path $state/first keys_zone=sluice_first:8m max_size=2g
                 inactive=365d use_temp_path=off;
END
}


# The location's.
store_location()
{
    if [[ $(store_upstream) == https://* ]]; then
        sed 's|http://bucket|https://bucket|' "$conf/s3/media.conf"
        cat << END
proxy_ssl_server_name on;
proxy_ssl_name \$sluice_store_host;
proxy_ssl_verify on;
proxy_ssl_verify_depth 4;
proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
END
    else
        cat "$conf/s3/media.conf"
    fi
}


# bring_text TEXT NAME: like bring.
bring_text()
{
    local new=1 file
    file=$(mktemp)
    printf '%s\n' "$1" > "$file"
    bring "$file" "$2" && new=0
    rm "$file"
    return $new
}


# True when any of it is new.
bring_store()
{
    local new=1

    if [ -z "$store" ]; then
        bring_text '# Media are in a folder.' store.conf && new=0
        bring_text '# Media are in a folder.' media.conf && new=0
        return $new
    fi

    as mkdir -p cache
    as sh -c 'umask 077 && cat > store.keys.new && mv store.keys.new store.keys' \
        < "$store_keys"
    bring_text "$(store_conf)" store.conf && new=0
    bring_text "$(store_location)" media.conf && new=0
    return $new
}
