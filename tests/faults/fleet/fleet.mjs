/* A fleet on one machine: three machines with a node and a worker each, behind
   haproxy, over PostgreSQL with a standby, Redis with three Sentinels, and a
   bucket. */

import { standBetween } from "../../http/lib/between.mjs";
import { Balancer } from "../../http/lib/balancer.mjs";
import { startBucket } from "../../http/lib/ceph.mjs";
import { freePort } from "../../http/lib/ports.mjs";
import { alive, startStack, until } from "../../http/lib/stack.mjs";
import { Machine } from "./machine.mjs";
import { Postgres } from "./postgres.mjs";
import { Redis } from "./redis.mjs";

const MACHINES = 3;
const STORE = 6 * 2 ** 30;      /* bytes that the bucket has room for */


export class Fleet {
    static async begin() {
        const fleet = new Fleet();

        try {
            await fleet.begin();
        } catch (error) {
            await fleet.stop().catch(() => {});
            throw error;
        }
        return fleet;
    }

    async begin() {
        this.bucket = await startBucket("films", STORE);
        this.between = await standBetween(this.bucket.port);
        this.stack = await startStack({ environment: {
            SLUICE_STORE: `s3://${this.bucket.name}?endpoint=http://127.0.0.1:`
                + `${this.between.port}&region=us-east-1&style=path`,
            SLUICE_STORE_KEYS: this.bucket.keys } });
        this.user = await this.stack.user();
        await this.stack.stopWorker();
        await this.quitNginx();

        this.postgres = await Postgres.begin(this.stack);
        this.redis = await Redis.begin(this.stack);
        this.machines = [];
        for (let n = 1; n <= MACHINES; n++) {
            this.machines.push(await Machine.begin(this.stack, n, {
                postgres: this.postgres.servers, redis: this.redis.servers,
                bucket: [{ address: "127.0.0.1", port: this.between.port }],
            }, { hosts: this.postgres.hosts, redis: this.redis.words }));
        }
        await this.balance();
    }

    /* The stack's own node is none of the fleet's. */
    async quitNginx() {
        const pid = this.stack.pid("nginx");

        process.kill(pid, "SIGTERM");
        await until("the stack's nginx is gone", () => !alive(pid));
    }

    /* Without TLS, which is the balancer's alone. */
    async balance() {
        const port = await freePort();

        this.url = `http://127.0.0.1:${port}`;
        this.balancer = new Balancer(this.stack);
        await this.balancer.start(this.machines.map(({ node }) => node),
            (conf) => conf.replace("bind :80", `bind 127.0.0.1:${port}`)
                .replace(/^ +bind :443 .*\n/m, "")
                .replace(/^ +http-request redirect .*\n/m, ""));
        for (const { n } of this.machines) {
            await this.balancer.told(`api/node${n}`, "UP");
        }
    }

    /* The stack as those see it who know the balancer alone. */
    get front() {
        return Object.assign(Object.create(this.stack), {
            url: this.url, user: () => this.user,
            sql: (statement) => this.postgres.sql(statement),
        });
    }

    /* Whatever a link says of where it is, by way of one of these. */
    through(url, link) {
        const { pathname, search } = new URL(link);

        return `${url}${pathname}${search}`;
    }

    async stop(options) {
        this.balancer?.stop();
        await this.redis?.stop();
        try {
            await this.stack?.stop(options);
        } finally {
            this.between?.stop();
            this.bucket?.stop();
        }
    }
}
