/* A page of another origin, as sluice_cors lets it: it plays, fetches and
   uploads; one that is not named does none of it. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { TOP } from "../http/lib/stack.mjs";
import { after, before, describe, it } from "../http/lib/test.mjs";
import { film, folder, open } from "./harness.mjs";

const timeout = 180_000;
const LIBRARIES = {
    "hls.js": "build/hls/node_modules/hls.js/dist/hls.min.js",
    "tus.js": "tests/node_modules/tus-js-client/dist/tus.min.js",
};

let house, files, media, house_url, token, app, foreign;


before(async () => {
    house = await open({
        hosts: ["media.test", "app.test", "foreign.test"],
        extra: (state, port) => `
            sluice_public_url http://media.test:${port};
            sluice_cors http://app.test:${port};
            location /player/ { alias ${state}/player/; }`,
    });
    files = folder();

    const { port, email, password } = house.stack;
    const pages = house.stack.path("player");

    mkdirSync(pages);
    for (const [name, path] of Object.entries(LIBRARIES)) {
        copyFileSync(join(TOP, path), join(pages, name));
    }
    writeFileSync(join(pages, "index.html"), `<!doctype html>
        <script src=hls.js></script><script src=tus.js></script>
        <video muted></video>`);

    media = await house.upload(film(join(files.path, "a.mp4")));
    house_url = `http://media.test:${port}`;

    app = await house.visitor();
    await app.goto(`http://app.test:${port}/player/index.html`);
    foreign = await house.visitor();
    await foreign.goto(`http://foreign.test:${port}/player/index.html`);

    token = (await asked(app, `${house_url}/api/sessions`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ email, password }),
    })).json.access_token;
}, { timeout });

after(async () => {
    files?.remove();
    await house?.close();
}, { timeout });


/* What a page's fetch() shows it; {error} when that is nothing. */
function asked(page, url, options = {}) {
    return page.evaluate(async ([where, how]) => {
        try {
            const answer = await fetch(where, how);
            const text = await answer.text();
            const json = /json/.test(answer.headers.get("content-type"))
                ? JSON.parse(text) : undefined;

            return { status: answer.status, length: text.length, json,
                     headers: Object.fromEntries(answer.headers) };
        } catch (error) {
            return { error: String(error) };
        }
    }, [url, options]);
}

const range = { headers: { Range: "bytes=10-19", "If-Range": '"x"' } };
const bearer = () => ({ Authorization: `Bearer ${token}` });


/* tus-js-client's upload of some bytes: the id that came of it, or the error. */
function uploaded(page) {
    return page.evaluate(([endpoint, headers]) => new Promise((done) => {
        let found;

        new globalThis.tus.Upload(new Blob(["x".repeat(300_000)]), {
            endpoint, headers, chunkSize: 100_000, retryDelays: null,
            metadata: { filename: "a.mp4" },
            storeFingerprintForResuming: false,
            onAfterResponse: (_, answer) => {
                found = answer.getHeader("Sluice-Media") ?? found;
            },
            onSuccess: () => done({ media: found }),
            onError: (error) => done({ error: String(error) }),
        }).start();
    }), [`${house_url}/api/uploads`, bearer()]);
}


/* hls.js plays the film for a second; the error that it met, if any. */
function played(page) {
    return page.evaluate((url) => new Promise((done) => {
        const video = document.querySelector("video");
        const player = new globalThis.Hls();

        player.on(globalThis.Hls.Events.ERROR, (_, { fatal, details }) => {
            if (fatal) {
                done({ error: details });
            }
        });
        video.ontimeupdate = () => video.currentTime > 1
            && done({ width: video.videoWidth });
        player.loadSource(url);
        player.attachMedia(video);
        video.play();
    }), media.links.play);
}


describe("a page of a listed origin", { timeout }, () => {
    it("fetches a range and sees which it is", async () => {
        const whole = await asked(app, media.links.original);
        const answer = await asked(app, media.links.original, {
            headers: { Range: "bytes=10-19", "If-Range": whole.headers.etag },
        });

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-length"], "10");
        assert.match(answer.headers["content-range"], /^bytes 10-19\//);
        assert.equal(whole.headers["accept-ranges"], "bytes");
    });

    it("sees why a link does not open", async () => {
        const answer = await asked(app,
            media.links.original.replace(/\.[\w-]{8}/g, ".AAAAAAAA"));

        assert.equal(answer.status, 403);
        assert.equal(answer.json.type, "urn:sluice:problem:grant-invalid");
    });

    it("asks the API with its own token", async () => {
        const answer = await asked(app, `${house_url}/api/media/${media.id}`,
            { headers: bearer() });

        assert.equal(answer.status, 200);
        assert.equal(answer.json.id, media.id);
        assert.ok(answer.headers.etag);
    });

    it("edits by If-Match", async () => {
        const url = `${house_url}/api/media/${media.id}`;
        const { headers } = await asked(app, url, { headers: bearer() });
        const answer = await asked(app, url, {
            method: "PATCH", body: JSON.stringify({ title: "Bars" }),
            headers: { ...bearer(), "If-Match": headers.etag,
                       "Content-Type": "application/json" },
        });

        assert.equal(answer.status, 200);
        assert.equal(answer.json.title, "Bars");
    });

    it("uploads by tus-js-client", async () => {
        const { media: made, error } = await uploaded(app);

        assert.equal(error, undefined);
        assert.equal(await house.stack.sql(
            `select filename from sluice.media where id = '${made}'`),
        "a.mp4");
    });

    it("plays by hls.js and a link in the path", async () => {
        assert.deepEqual(await played(app), { width: 320 });
    });
});


describe("a page of another origin", { timeout }, () => {
    it("sees nothing of a film", async () => {
        for (const options of [{}, range]) {
            assert.match((await asked(foreign, media.links.original, options))
                .error, /Failed to fetch/);
        }
    });

    it("asks the API in vain, even with a token", async () => {
        assert.match((await asked(foreign, `${house_url}/api/me`,
            { headers: bearer() })).error, /Failed to fetch/);
    });

    it("uploads nothing", async () => {
        assert.match((await uploaded(foreign)).error, /failed/);
    });

    it("plays nothing by hls.js", async () => {
        assert.deepEqual(await played(foreign),
            { error: "manifestLoadError" });
    });
});
