/*
 * A folder in place of a Debian host, so that what pages tell root to do can be
 * done by a test: the paths of commands and configurations lead below it,
 * PostgreSQL and Redis are a stack's, and what is the machine's own (runuser,
 * systemctl) has a stand-in in front of PATH.
 */

import {
    chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync,
    rmSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { freePort } from "../http/lib/ports.mjs";
import { alive, until } from "../http/lib/stack.mjs";

const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const AS_ROOT = process.getuid() === 0;
const DEMOTE = AS_ROOT
    ? "setpriv --reuid=www-data --regid=www-data --init-groups --" : "";
const OURS = ["/etc/nginx", "/etc/sluice", "/etc/systemd/system",
              "/usr/share/sluice", "/var/lib/sluice", "/var/log/sluice",
              "/run/sluice", "/run/nginx.pid", "/mnt/backup", "/root"];


export class Host {
    static async create(stack) {
        return new Host(stack, await freePort());
    }

    constructor(stack, port) {
        this.stack = stack;
        this.port = port;
        this.url = `http://127.0.0.1:${port}`;
        this.databases = 0;
        this.root = mkdtempSync("/tmp/sl-host-");
        chmodSync(this.root, 0o755);

        for (const name of ["bin", "etc/nginx", "etc/sluice", "run/sluice",
            "mnt/backup", "var/log/sluice", "usr/share/nginx",
            "etc/systemd/system", "root"]) {
            mkdirSync(this.path(name), { recursive: true });
        }
        for (const name of ["run/sluice", "var/log/sluice"]) {
            chmodSync(this.path(name), 0o777);
        }
        copyFileSync("/etc/nginx/mime.types",
                     this.path("etc/nginx/mime.types"));
        this.#standIns();
    }

    path(...names) {
        return join(this.root, ...names);
    }

    /* Commands or configurations of a host, for this one. A database that is
       made is another each time. */
    here(text) {
        const { stack, root } = this;

        if (/createdb/.test(text)) {
            this.databases++;
        }
        return text
            .replaceAll("https://media.example.org", this.url)
            .replace(/http:\/\/127\.0\.0\.1\//g, `${this.url}/`)
            .replaceAll("127.0.0.1:6379", `unix:${stack.path("run/redis.sock")}`)
            .replaceAll("/run/postgresql", stack.path("run"))
            .replace(/\bdbname=sluice\b/g, `dbname=host_${this.databases || 1}`)
            .replace(/((?:createdb -O \S+|pg_dump -Fc|-d) )sluice\b/g,
                     `$1host_${this.databases}`)
            .replace(new RegExp(`(?<![\\w.])(${OURS.join("|")})\\b`, "g"),
                     `${root}$1`);
    }

    /* What nginx.conf says, on a port of its own and with its files here. */
    writeNginxConf(text) {
        const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map((name) => `${name}_temp_path ${this.path("run", name)};`);

        writeFileSync(this.path("etc/nginx/nginx.conf"), this.here(text)
            .replace(/load_module \S*?(\w+\.so);/,
                     `load_module ${this.path("usr/lib/nginx/modules")}/$1;`)
            .replace("listen 80", `listen 127.0.0.1:${this.port}`)
            .replace("http {", `pid ${this.path("run/nginx.pid")};\n`
                + `http {\naccess_log off; ${temporary.join(" ")}`));
    }

    get environment() {
        const { SLUICE_DATABASE, SLUICE_REDIS, SLUICE_KEYS, ...rest } =
            process.env;

        return {
            ...rest, DESTDIR: this.root, MAKEFLAGS: "", PATH: [
                this.path("bin"), this.path("usr/bin"), this.path("usr/sbin"),
                rest.PATH, "/usr/sbin"].join(":"),
        };
    }

    #standIn(name, text) {
        writeFileSync(this.path("bin", name), `#!/bin/bash\nset -e\n${text}\n`);
        chmodSync(this.path("bin", name), 0o755);
    }

    #standIns() {
        const conf = this.path("etc/nginx/nginx.conf");
        const worker = this.path("etc/sluice/worker.conf");
        const pid = this.path("run/sluice/worker.pid");

        /* with whom PostgreSQL knows the system's users by their socket */
        this.#standIn("runuser", `
            [ "$1" = -u ] && [ "$3" = -- ] || exit 9
            [ "$2" != postgres ] || export PGHOST=${this.stack.path("run")} \\
                PGUSER=postgres
            exec "\${@:4}"`);

        this.#standIn("nginx", `
            exec ${NGINX} -p ${this.path("usr/share/nginx")}/ -c ${conf} \\
                -e ${this.path("run/error.log")} "$@"`);

        /* the installed one, its configuration made this host's before */
        this.#standIn("sluice-worker", `
            [ ! -e ${worker} ] || ${process.execPath} ${this.path("localize")} \\
                ${worker}
            exec ${this.path("usr/sbin/sluice-worker")} "$@"`);

        this.#standIn("systemctl", `
            stop() {
                [ -s ${pid} ] || return 0
                old=$(cat ${pid})
                kill -QUIT $old
                while kill -0 $old 2> /dev/null; do sleep 0.05; done
            }
            start() {
                ${process.execPath} ${this.path("localize")} ${worker}
                grep -q '^ExecStart=/usr/sbin/sluice-worker -c /etc/sluice/worker.conf$' \\
                    ${this.path("etc/systemd/system/sluice-worker.service")}
                ${DEMOTE} setsid ${this.path("bin/sluice-worker")} -c ${worker} \\
                    < /dev/null > /dev/null 2>> ${this.path("run/worker.out")} &
                until [ -s ${pid} ]; do kill -0 $!; sleep 0.05; done
            }
            case "$*" in
            "restart nginx") nginx ;;
            "reload nginx") nginx -s reload ;;
            "enable --now sluice-worker") start ;;
            "restart sluice-worker") stop; start ;;
            "reload sluice-worker") kill -HUP $(cat ${pid}) ;;
            *) echo "no stand-in for systemctl $*"; exit 9 ;;
            esac`);

        if (!AS_ROOT) {
            this.#standIn("install", `
                words=()
                while [ $# -gt 0 ]; do
                    case $1 in -o | -g) shift ;; *) words+=("$1") ;; esac
                    shift
                done
                exec /usr/bin/install "\${words[@]}"`);
        }

        writeFileSync(this.path("localize"), `
            const fs = require("fs");
            const pairs = ${JSON.stringify(this.#pairs())};
            const [, , file] = process.argv;
            const text = fs.readFileSync(file, "utf8");
            if (!text.includes(${JSON.stringify(this.root)})) {
                fs.writeFileSync(file, pairs.reduce((all, [from, to]) =>
                    all.replaceAll(from, to), text));
            }`);
    }

    /* What worker.conf names. */
    #pairs() {
        this.databases = 1;
        const pairs = ["/run/postgresql", "dbname=sluice", "127.0.0.1:6379",
            "/var/lib/sluice", "/var/log/sluice", "/run/sluice"]
            .map((from) => [from, this.here(from)]);

        this.databases = 0;
        return pairs;
    }

    async stop() {
        for (const name of ["run/nginx.pid", "run/nginx.pid.oldbin",
                            "run/sluice/worker.pid"]) {
            const file = this.path(name);
            const pid = existsSync(file)
                ? Number(readFileSync(file, "utf8")) : 0;

            if (pid && alive(pid)) {
                process.kill(pid, "SIGTERM");
                await until(`${name} is gone`, () => !alive(pid));
            }
        }
        rmSync(this.root, { recursive: true, force: true });
    }
}
