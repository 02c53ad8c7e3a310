/* PostgreSQL in two seats: a primary and a standby that has each commit before
   it is answered. The primary is lost, the standby promoted, and the seat that
   is empty gets a new standby. */

import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { freeAddress } from "../../http/lib/ports.mjs";
import { run } from "../../http/lib/run.mjs";
import { postgres, until } from "../../http/lib/stack.mjs";

const PORT = 5432;


class Seat {
    constructor(stack, folder, sockets, address) {
        this.stack = stack;
        this.folder = folder;
        this.sockets = sockets;
        this.address = address;
        this.port = PORT;
    }

    ctl(...words) {
        return this.stack.asServer(postgres("pg_ctl"), "-D", this.folder,
            "-w", "-s", ...words);
    }

    start() {
        return this.ctl("-l", this.stack.path("logs/postgresql.log"), "-o",
            `-c listen_addresses='${this.address}' -k ${this.sockets}`, "start");
    }

    stop() {
        return this.ctl("-m", "immediate", "stop");
    }

    /* As Stack.sql(). */
    async sql(statement) {
        const { stdout } = await run("psql", [
            "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", this.sockets, "-U", "postgres", "-d", "sluice",
            "-c", statement,
        ], { maxBuffer: 1 << 28 });

        return stdout.trimEnd();
    }

    async waitsFor(standbys) {
        await this.sql("alter system set synchronous_standby_names = "
            + `'${standbys}'`);
        await this.sql("select pg_reload_conf()");
    }

    /* Begins anew, behind a primary. It waits for nobody once it is one. */
    async follow(primary) {
        const { stack, folder } = this;

        rmSync(folder, { recursive: true, force: true });
        await stack.asServer(postgres("pg_basebackup"), "-h", primary.sockets,
            "-U", "postgres", "-D", folder, "-R", "-c", "fast");
        await this.start();
        await primary.waitsFor("*");
        await until("the standby follows", async () => await primary.sql(
            "select count(*) from pg_stat_replication "
            + "where sync_state = 'sync'") === "1");
    }

    kill() {
        try {
            const [pid] = readFileSync(join(this.folder, "postmaster.pid"),
                "utf8").split("\n");

            process.kill(Number(pid), "SIGQUIT");
        } catch {
            /* it does not run */
        }
    }
}


export class Postgres {
    /* Of a stack whose own server becomes the first primary. */
    static async begin(stack) {
        const all = new Postgres();

        all.primary = new Seat(stack, stack.path("pg"), stack.path("run"),
            await freeAddress());
        all.standby = new Seat(stack, stack.path("standby"),
            stack.path("run/standby"), await freeAddress());
        all.servers = [all.primary, all.standby];
        stack.machines.push(...all.servers);

        await stack.stopPostgres();
        appendFileSync(stack.path("pg/pg_hba.conf"),
            "host all all 127.0.0.0/8 trust\n");
        await stack.asServer("mkdir", "-p", stack.path("run/standby"));
        await all.primary.start();
        await all.standby.follow(all.primary);
        return all;
    }

    /* As sluice_database and worker.conf have them. */
    get hosts() {
        return `host=${this.servers.map(({ address }) => address).join(",")}`;
    }

    sql(statement) {
        return this.primary.sql(statement);
    }

    lose() {
        return this.primary.stop();
    }

    async promote() {
        [this.primary, this.standby] = [this.standby, this.primary];
        await this.primary.ctl("promote");
    }

    follow() {
        return this.standby.follow(this.primary);
    }
}
