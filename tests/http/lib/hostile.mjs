/* One user with every trick that he has, in a process of his own:
   node hostile.mjs '{"url", "email", "password", "picture"}'. He says "ready"
   when each has been tried once, and goes on until he is killed. */

import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

import { Client, request } from "./client.mjs";
import { pdf } from "./files.mjs";
import { gapped } from "./matroska.mjs";

const YEAR = 31_622_400;        /* seconds */
const { url, email, password, picture } = JSON.parse(process.argv[2]);

const me = await Client.signIn(url, email, password);
const paper = (title) => pdf({ info: `/Title (${title})` });
const tus = { "Tus-Resumable": "1.0.0" };
const STREAMS = 100;
let count = 0;

/* Asks, and does not wait for the answer. */
const leave = (path) => new Promise((done) => {
    const one = http.get(url + path, { agent: false, headers: me.headers });

    one.on("error", done).on("close", done)
        .on("response", (answer) => answer.destroy());
    setTimeout(() => one.destroy(), 5);
});


/* Attributes that each element is given: minutes of a parser's time. */
const bomb = () => {
    const attributes = Array.from({ length: 20_000 },
        (_, i) => `a${i} CDATA "v"`).join(" ");

    return "<!DOCTYPE score-partwise [<!ATTLIST x "
        + `${attributes}>]><score-partwise version="4.0">`
        + `${"<x/>".repeat(20_000 + count)}</score-partwise>`;
};

const tricks = {
    films: () => me.upload(gapped(Buffer.from(picture, "base64"),
        1000 + count), "gap.mkv"),

    bombs: () => me.upload(bomb(), "bomb.musicxml"),

    reservations: () => me.request("POST", "/api/uploads", {
        headers: { ...tus, "Upload-Length": "21474836480" } }),

    async links() {
        const { json } = await me.request("POST", "/api/links", { json: {
            links: Array.from({ length: 200 }, () => ({
                path: "/media/none", uses: 1000, expires_in: YEAR })) } });

        for (const { url: link } of json?.links?.slice(0, 50) ?? []) {
            await request(link, { method: "HEAD" });
        }
    },

    async revocations() {
        const other = await Client.signIn(url, email, password);

        await other.request("POST", "/api/links", { json: {
            path: "/media/none", sid: other.session.sid, expires_in: YEAR } });
        await other.delete("/api/sessions/current");
    },

    async attachments() {
        const answer = await me.upload(paper(count), "s.pdf");

        for (let i = 0; i < 10 && answer.status === 201; i++) {
            await me.request("POST", `/api/media?filename=a.pdf&score=${
                answer.json.id}`, { body: paper(`${count} ${i}`) });
        }
        await me.get("/api/media");
    },

    names: () => me.request("POST", "/api/media?filename=a%C2%85b.pdf",
        { body: paper(`c1 ${count}`) }),

    searches: () => Promise.all(Array.from({ length: 12 }, (_, i) =>
        leave(`/api/media?limit=200&q=a%20s%20c%20t%20p%20i%20f%20${i}`))),

    /* streams that stay */
    async followers() {
        const { json } = await me.upload(paper(`followed ${count}`), "e.pdf");

        for (let i = 0; json?.job && i < STREAMS; i++) {
            http.get(`${url}/api/jobs/${json.job.id}/events`,
                { agent: false, headers: me.headers },
                (answer) => answer.resume()).on("error", () => {});
        }
    },

    json: () => Promise.all(["[".repeat(60_000), `{"a":${"{\"a\":"
        .repeat(10_000)}`, `{"links":[${"{},".repeat(300_000)}{}]}`]
        .map((body) => me.request("POST", "/api/links", { body,
            headers: { "Content-Type": "application/json" } }))),

    passwords: () => Promise.all(Array.from({ length: 4 }, (_, i) =>
        request(`${url}/api/sessions`, { method: "POST",
            json: { email: "someone@sluice.example", password: `${i}` } }))),

    flood: () => Promise.all(Array.from({ length: 8 }, (_, i) =>
        me.upload(paper(`flood ${count} ${i}`), "f.pdf"))),
};


/* What is refused is refused: he goes on with the next. */
async function again(trick) {
    count++;
    await trick().catch(() => {});
}

for (const trick of Object.values(tricks)) {
    await again(trick);
}
process.stdout.write("ready\n");

await Promise.all(Object.values(tricks).map(async (trick) => {
    for (;;) {
        await again(trick);
        await pause(20);
    }
}));
