/* Redis in two seats, watched by three Sentinels: the primary is lost, they
   promote the other one, and it gets a new replica. */

import { startRedis, startSentinels } from "../../http/lib/redis.mjs";
import { until } from "../../http/lib/stack.mjs";

const MANY = { seconds: 60 };


export class Redis {
    static async begin(stack) {
        const all = new Redis();

        all.stack = stack;
        all.primary = await startRedis(stack, "redis-a");
        all.replica = await startRedis(stack, "redis-b", all.primary);
        all.sentinels = await startSentinels(stack, all.primary);
        all.servers = [all.primary, all.replica, ...all.sentinels]
            .map(({ port }) => ({ address: "127.0.0.1", port }));
        return all;
    }

    /* As sluice_redis and worker.conf have it. */
    get words() {
        return `sentinel://${this.sentinels.map(({ port }) =>
            `127.0.0.1:${port}`).join(",")}/media`;
    }

    lose() {
        return this.primary.stop();
    }

    promoted() {
        return until("a replica was promoted", async () =>
            await this.replica.role() === "master", MANY);
    }

    /* Where the lost one was, behind the new primary. */
    async follow() {
        const { name, port } = this.primary;

        this.primary = this.replica;
        this.replica = await startRedis(this.stack, name, this.primary,
                                        { port });
    }

    async stop() {
        for (const server of [...this.sentinels, this.replica, this.primary]) {
            await server.stop();
        }
    }
}
