/* hls.js in a page, where nginx sends playlists and the bucket sends tracks:
   sluice_media on delivery=redirect. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startBucket } from "../http/lib/ceph.mjs";
import { request, until } from "../http/lib/client.mjs";
import { AAC, finished, H264, made, picture, sound } from "../http/lib/films.mjs";
import { TOP } from "../http/lib/stack.mjs";
import { after, before, describe, it } from "../http/lib/test.mjs";
import { folder, open } from "./harness.mjs";

const timeout = 240_000;
const SECONDS = 8;

let bucket, house, files, node, play;
const answered = [];


/* Pages of these origins may fetch from the bucket. */
const allow = (...origins) => bucket.python(`
s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{
    "AllowedOrigins": ${JSON.stringify(origins)}, "AllowedMethods": ["GET", "HEAD"],
    "AllowedHeaders": ["range"], "ExposeHeaders": ["Content-Range",
    "Content-Length", "ETag"]}]})`);

before(async () => {
    bucket = await startBucket();
    house = await open({
        extra: (state) => `location /player/ { alias ${state}/player/; }`,
        environment: {
            SLUICE_STORE: `s3://${bucket.name}?endpoint=${bucket.endpoint}`
                + "&region=us-east-1&style=path",
            SLUICE_STORE_KEYS: bucket.keys,
        },
    });
    files = folder();

    const pages = house.stack.path("player");

    mkdirSync(pages);
    copyFileSync(join(TOP, "build/hls/node_modules/hls.js/dist/hls.min.js"),
                 join(pages, "hls.js"));
    writeFileSync(join(pages, "index.html"), "<!doctype html>"
        + "<script src=hls.js></script><video muted playsinline></video>");

    node = await house.stack.secondNginx((text) => text.replace(
        /(location \/media\/ \{[^}]*)sluice_media on;/,
        "$1sluice_media on delivery=redirect;"));

    const client = await house.stack.visitor("viewer");
    const { id } = await house.upload(await made(files.path, "film.mp4",
        ...picture(SECONDS), ...sound(SECONDS), ...H264, ...AAC));
    const { links } = await finished(house.stack, client, id);

    const here = (link) => link.replace(/^http:\/\/[^/]+/, node.url);

    play = here(links.play);
    await until("the record has told of its owner's plan", async () =>
        (await request(here(links.original))).status === 302);
}, { timeout });

after(async () => {
    files?.remove();
    await house?.close();
    bucket?.stop();
}, { timeout });


/* "played", or what hls.js says that is fatal, in a page of the node; the browser
   has nothing of before. */
async function played() {
    const page = await house.visitor();

    answered.length = 0;
    page.on("response", (answer) => answered.push({
        at: new URL(answer.url()).port, status: answer.status(),
        path: new URL(answer.url()).pathname }));
    await page.goto(`${node.url}/player/index.html`);

    return page.evaluate(([url, seconds]) => new Promise((resolve) => {
        const video = document.querySelector("video");
        const hls = new Hls();

        hls.on(Hls.Events.ERROR, (_, { fatal, details }) =>
            fatal && resolve(details));
        video.addEventListener("timeupdate", () =>
            video.currentTime > seconds && resolve("played"));
        hls.loadSource(url);
        hls.attachMedia(video);
        video.play();
    }), [play, SECONDS / 2]);
}


describe("a film whose bytes the bucket sends", { timeout }, () => {
    it("plays by hls.js, where the bucket lets the page", async () => {
        await allow(node.url);
        assert.equal(await played(), "played");

        const of = (port, end) => answered.filter(({ at, path }) =>
            at === String(port) && path.endsWith(end));

        assert.ok(of(bucket.port, ".mp4").some(({ status }) => status === 206));
        assert.ok(of(node.port, ".mp4").every(({ status }) => status === 302));
        assert.ok(of(node.port, ".m3u8").every(({ status }) => status === 200));
        assert.deepEqual(of(bucket.port, ".m3u8"), []);
    });

    it("plays in no other page", async () => {
        await allow("https://other.example.org");
        assert.notEqual(await played(), "played");
    });
});
