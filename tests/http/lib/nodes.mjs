/* Nodes of one bucket, a real gateway's, whose spools are their own; and what
   lies there. No worker, so what came in stays as it came. */

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";

import { standBetween } from "./between.mjs";
import { startBucket } from "./ceph.mjs";
import { until } from "./client.mjs";
import { startStack } from "./stack.mjs";

export const PART = 8 * 2 ** 20;

export const sha256 = (bytes) =>
    createHash("sha256").update(bytes).digest("hex");


/* Answers Nodes, of which there is none yet. */
export async function startNodes() {
    const nodes = new Nodes();

    try {
        await nodes.start();
        return nodes;
    } catch (error) {
        await nodes.stop();
        throw error;
    }
}


class Nodes {
    names = [];

    async start() {
        this.bucket = await startBucket();
        this.between = await standBetween(this.bucket.port);
        this.stack = await startStack({ environment: {
            SLUICE_STORE: `s3://${this.bucket.name}/a?endpoint=http://127.0.0.1:`
                + `${this.between.port}&region=us-east-1&style=path`,
            SLUICE_STORE_KEYS: this.bucket.keys } });
        await this.stack.stopWorker();
    }

    /* One more, whose spool nobody else has. */
    async node(name, ack = "disk", change = (text) => text) {
        await this.stack.asServer("mkdir", "-p", this.stack.path(name));
        this.names.push(name);
        return this.stack.secondNginx((text) => change(text.replaceAll(
            `sluice_upload ${this.stack.state}/spool `,
            `sluice_upload ${this.stack.path(name)} ack=${ack} keep_free=1m `)));
    }

    /* It is gone, with all that it has. */
    kill(node, name) {
        [this.stack.pid(node.name), ...node.workers()].forEach((pid) =>
            process.kill(pid, "SIGKILL"));
        this.names = this.names.filter((one) => one !== name);
    }

    /* {name: sha256} of all that is in the bucket. */
    async inBucket() {
        return JSON.parse(await this.bucket.python(`
import hashlib, json
print(json.dumps({o["Key"]: hashlib.sha256(s3.get_object(Bucket=bucket,
    Key=o["Key"])["Body"].read()).hexdigest()
    for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}))`));
    }

    /* How many uploads in parts are neither completed nor aborted. */
    async underWay() {
        return Number(await this.bucket.python("print(len("
            + "s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])))"));
    }

    /* The spools hold nothing of any upload. */
    empty() {
        return until("the spools are empty", () => this.names.every((name) =>
            readdirSync(this.stack.path(name)).every((file) =>
                file.startsWith("."))));
    }

    async stop() {
        this.between?.stop();
        this.bucket?.stop();
        await this.stack?.stop({
            but: /the store: |No space left on device/ });
    }
}
