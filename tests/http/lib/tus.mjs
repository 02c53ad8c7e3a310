/* tus 1.0.0 as it goes over the wire, for the tests of it. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";

import { request, sendPart, until } from "./client.mjs";

export const TYPE = "application/offset+octet-stream";

export const base64 = (text) => Buffer.from(text).toString("base64");
export const idOf = (location) => location.slice("/api/uploads/".length);


/* Somebody's uploads on a stack. */
export class Tus {
    constructor(stack, who, url = stack.url) {
        this.stack = stack;
        this.who = who;
        this.url = url;
    }

    /* The same, asking another machine. */
    at(url) {
        return new Tus(this.stack, this.who, url);
    }

    request(method, path, headers = {}, body = undefined) {
        return request(`${this.url}${path}`, {
            method, body,
            headers: { ...this.who.headers, "Tus-Resumable": "1.0.0",
                       ...headers },
        });
    }

    /* A fresh upload's path. */
    async create(length, headers = {}) {
        const answer = await this.request("POST", "/api/uploads", {
            ...(length === null ? { "Upload-Defer-Length": "1" }
                : { "Upload-Length": length }), ...headers });

        assert.equal(answer.status, 201, answer.text);
        return answer.headers.location;
    }

    patch(path, offset, body, headers = {}) {
        return this.request("PATCH", path, { "Upload-Offset": offset,
            "Content-Type": TYPE, ...headers }, body);
    }

    head(path) {
        return this.request("HEAD", path);
    }

    async offset(path) {
        const answer = await this.head(path);

        assert.equal(answer.status, 200);
        return Number(answer.headers["upload-offset"]);
    }

    /* Where it lies. */
    file(path, end = ".part") {
        return this.stack.path("spool", `${idOf(path)}${end}`);
    }

    /* A PATCH of which only `body` is sent, and which stays open. `answer` is
       the answer that it gets after all, or an error. */
    hang(path, offset, length, body, headers = {}) {
        const outgoing = sendPart(`${this.url}${path}`, {
            length, body, method: "PATCH",
            headers: { ...this.who.headers, "Tus-Resumable": "1.0.0",
                       "Upload-Offset": offset, "Content-Type": TYPE,
                       ...headers },
        });

        outgoing.answer = new Promise((resolve) => {
            outgoing.on("response", (incoming) => {
                incoming.on("error", () => {}).resume();
                resolve(incoming);
            });
            outgoing.on("error", resolve);
        });
        return outgoing;
    }

    arrived(path, size) {
        return until(`${size} bytes have arrived`,
            () => statSync(this.file(path)).size >= size);
    }
}


export function refused(answer, status, word, field) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    assert.equal(answer.json.field, field);
    assert.equal(answer.headers["tus-resumable"], "1.0.0");
}
