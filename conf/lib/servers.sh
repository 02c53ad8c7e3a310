# The four servers: how each starts, when it is ready, and how it stops.

pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1)
[ -x "$pg_bin/initdb" ] || pg_bin=

postgres_pid=pg/postmaster.pid
redis_pid=run/redis.pid
nginx_pid=run/nginx.pid
worker_pid=run/worker.pid


running_postgresql()
{
    pid $postgres_pid postgres > /dev/null
}


start_postgresql()
{
    local copied=

    if running_postgresql; then
        echo 'runs already'
        return
    fi

    # Made under another name first: what was interrupted is not kept.
    if [ ! -d pg ]; then
        as rm -rf pg.new
        if [ -n "$cluster" ]; then
            as mkdir -m 700 pg.new
            as tar -C pg.new -x < "$cluster"
            copied=1
        else
            as "$pg_bin/initdb" -D pg.new -U postgres -A trust -E UTF8 \
                --locale=C.UTF-8
        fi
        as mv pg.new pg
    fi

    # What a killed server left: no process is behind it, as we just saw.
    as rm -f $postgres_pid run/.s.PGSQL.5432{,.lock}
    await 10 launch_postgresql \
        || { as tail -n 20 logs/postgresql.log; return 1; }

    if ! sql postgres "select 'there' from pg_database
                       where datname = 'sluice'" | grep -q there
    then
        sql postgres 'create role sluice login'
        sql postgres 'create database sluice owner sluice'
    fi

    # What comes again and again is as far away as in a record made now.
    [ -z "$copied" ] \
        || sql sluice 'update sluice.schedules set next_at = now() + every'
    echo ready
}


# Asked again while backends of a killed server are on their way out.
launch_postgresql()
{
    as "$pg_bin/pg_ctl" -D "$state/pg" -w -t 60 -l logs/postgresql.log -s \
        -o "-c listen_addresses='' -k $state/run" start \
        && as "$pg_bin/pg_isready" -q -h "$state/run" -U postgres
}


# sql DATABASE STATEMENT
sql()
{
    as "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$state/run" \
        -U postgres -d "$1" -c "$2"
}


stop_postgresql()
{
    if running_postgresql; then
        as "$pg_bin/pg_ctl" -D "$state/pg" -w -t 30 -m fast -s stop \
            || as "$pg_bin/pg_ctl" -D "$state/pg" -w -t 30 -m immediate -s stop
    fi
}


running_redis()
{
    pid $redis_pid redis-server > /dev/null
}


redis_answers()
{
    [ "$(as redis-cli -s run/redis.sock PING)" = PONG ]
}


start_redis()
{
    if running_redis; then
        echo 'runs already'
        return
    fi

    as redis-server --port 0 --unixsocket "$state/run/redis.sock" \
        --unixsocketperm 700 --save '' --appendonly no --daemonize yes \
        --dir "$state/redis" --pidfile "$state/$redis_pid" \
        --logfile "$state/logs/redis.log" > /dev/null
    await 20 redis_answers || { as tail -n 20 logs/redis.log; return 1; }
    echo ready
}


stop_redis()
{
    end $redis_pid redis-server TERM 10
}


make_keys()
{
    if [ -e keys.json ]; then
        echo 'are there'
        return
    fi
    as bin/sluicectl keys init keys.json
    echo made
}


# nginx and the worker come as a role that can do what they must, and no more.
migrate()
{
    local database="host=$state/run dbname=sluice user=sluice"

    as bin/sluicectl db migrate --database "$database"
    sql sluice "select 'there' from pg_roles where rolname = 'sluice_app'" \
        | grep -q there || sql sluice 'create role sluice_app login'
    as bin/sluicectl db grant sluice_app --database "$database"
    echo ready
}


running_nginx()
{
    pid $nginx_pid nginx > /dev/null
}


check_port()
{
    if ! running_nginx; then
        stop_nginx
        ! (: <> "/dev/tcp/127.0.0.1/$port") 2> /dev/null \
            || die "Port $port is in use by another program: set SLUICE_PORT."
    fi
}


start_nginx()
{
    if running_nginx; then
        echo 'runs already'
        return
    fi

    as "$nginx" -p "$state/" -c "$state/nginx.conf" \
        -e "$state/logs/error.log"
    await 30 curl -fsS "$url/ready" \
        || { curl -sS "$url/ready"; as tail -n 20 logs/error.log; return 1; }
    echo ready
}


stop_nginx()
{
    end $nginx_pid nginx QUIT 10 TERM 5
}


running_worker()
{
    pid $worker_pid sluice-worker > /dev/null
}


start_worker()
{
    if running_worker; then
        echo 'runs already'
        return
    fi

    stop_worker
    # The shell lets background commands ignore INT and QUIT. And worker.out is
    # opened by the user of the servers: it may be a link of his.
    "${demote[@]}" sh -c 'exec env --default-signal=INT,QUIT setsid "$@" \
        < /dev/null >> run/worker.out 2>&1' - \
        "$state/bin/sluice-worker" -c "$state/worker.conf" > /dev/null 9>&- &
    await 20 worker_runs_or_ended $! || true
    running_worker \
        || { kill $! 2> /dev/null || true
             as tail -n 20 run/worker.out; return 1; }
    echo ready
}


worker_runs_or_ended()
{
    running_worker || ! kill -0 "$1"
}


stop_worker()
{
    end $worker_pid sluice-worker QUIT 30 TERM 5
}
