/* A machine's metadata service as AWS documents it, and the same of a
   container: whose role it is, and what that has come to. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import http from "node:http";

import { freePort } from "./ports.mjs";

const TOKEN = "/latest/api/token";
const ROLES = "/latest/meta-data/iam/security-credentials/";


/* In whole seconds from now, as AWS writes times. */
export const inSeconds = (seconds) =>
    new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, "Z");


/*
 * Answers a Metadata on a port of its own. `role` is its name, or null: there
 * is none. `has` is what the role has come to, in IAM's words. `on` is null, or
 * a function of a request and its answer: true when it has dealt with it.
 * `asked` has {method, path, headers} of each request.
 */
export async function startMetadata(role = "films") {
    const metadata = new Metadata(role, await freePort());

    metadata.server.listen(metadata.port, "127.0.0.1");
    await once(metadata.server, "listening");
    return metadata;
}


class Metadata {
    constructor(role, port) {
        this.role = role;
        this.port = port;
        this.url = `http://127.0.0.1:${port}`;
        this.tokens = new Set();
        this.clear();
        this.server = http.createServer((request, answer) => {
            const { method, url: path, headers } = request;

            this.asked.push({ method, path, headers });
            if (!this.on?.(request, answer)) {
                this.answer(method, path, headers, answer);
            }
        });
    }

    /* From here on nothing was asked, and all is well. */
    clear() {
        this.asked = [];
        this.on = null;
    }

    gives(id, seconds = 21_600, more = {}) {
        this.has = { AccessKeyId: id, SecretAccessKey: `secret/${id}`,
                     Token: `token-of-${id}==`, Expiration: inSeconds(seconds),
                     ...more };
    }

    answer(method, path, headers, answer) {
        if (path === "/container") {
            answer.end(JSON.stringify({ RoleArn: "arn:aws:iam::1:role/x",
                                        ...this.has }));
            return;
        }
        if (path === TOKEN) {
            this.token(method, headers, answer);
            return;
        }
        if (!this.tokens.has(headers["x-aws-ec2-metadata-token"])) {
            answer.writeHead(401).end("Unauthorized");
            return;
        }
        if (this.role !== null && path === ROLES) {
            answer.end(this.role);
        } else if (this.role !== null && path === ROLES + this.role) {
            answer.end(JSON.stringify({ Code: "Success", Type: "AWS-HMAC",
                LastUpdated: inSeconds(0), ...this.has }, null, 2));
        } else {
            answer.writeHead(404).end("Not Found");
        }
    }

    token(method, headers, answer) {
        const token = randomUUID();

        if (method !== "PUT"
            || !headers["x-aws-ec2-metadata-token-ttl-seconds"]) {
            answer.writeHead(400).end("Bad Request");
            return;
        }
        this.tokens.add(token);
        answer.end(token);
    }

    stop() {
        this.server.closeAllConnections();
        this.server.close();
    }
}
