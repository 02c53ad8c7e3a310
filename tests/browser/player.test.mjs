/* What the player of films offers, with real bytes of a film that has it all. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { run } from "../http/lib/run.mjs";
import { after, before, test } from "../http/lib/test.mjs";
import { complaints, film, folder, open, PHONE, place, pretend } from
    "./harness.mjs";
import { describe, reel } from "./reel.mjs";

const EVERY = 1000;         /* answers: all that come */

let house, files, media;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 40 }));
    await reel(house.stack, media);
});

after(async () => {
    files?.remove();
    await house?.close();
});


/* The film's page, ready to play; change(media) alters what the API tells. */
async function watching({ change = () => {}, rungs, ...options } = {}) {
    const page = await house.page(options);

    await pretend(page, `/api/media/${media.id}`, EVERY, (found) => {
        if (found.links.play) {
            describe(found, { rungs });
            change(found);
        }
    });
    await page.goto(place(media));
    await ready(page);
    return page;
}


/* Through the settings' menus, by what their items begin with. */
async function choose(page, ...names) {
    await page.getByRole("button", { name: "Settings" }).click();
    for (const name of names) {
        await page.locator(".player-menu:popover-open")
            .locator("[role^=menuitem]", { hasText: name }).first().click();
    }
}

function ready(page) {
    return page.waitForFunction(
        () => document.querySelector("video")?.readyState > 1);
}

const seen = (page, look, value) => page.waitForFunction(look, value);
const now = (page, look, value) => page.locator("video").evaluate(look, value);
const at = (page, seconds) => seen(page, (to) => {
    const video = document.querySelector("video");
    return Math.abs(video.currentTime - to) < 0.5 && !video.seeking;
}, seconds);
const lines = (page, height) => seen(page, (to) =>
    document.querySelector("video").videoHeight === to, height);
const cue = (page, text) => seen(page, (wanted) =>
    [...document.querySelector("video").textTracks]
        .filter(({ mode }) => mode === "showing")
        .flatMap(({ activeCues }) => [...activeCues ?? []])
        .map((one) => one.text).join("|") === wanted, text);
const slider = (page) => page.getByRole("slider", { name: "Place in the film" });


test("a quality is chosen by hand, and left to the player again", async () => {
    const page = await watching();

    await page.keyboard.press("k");
    await choose(page, "Quality", "360p");
    await lines(page, 360);
    await choose(page, "Quality", "180p");
    await lines(page, 180);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("menuitem", { name: "Quality 180p" }).click();
    await page.getByRole("menuitemradio", { name: "Auto" }).click();
    await page.getByRole("button", { name: "Settings" }).click();

    await page.getByRole("menuitem", { name: /^Quality Auto \(\d+p\)/ })
        .waitFor();
    assert.deepEqual(page.problems, []);
});


test("the quality that was chosen is that of the next film, too", async () => {
    const page = await watching();

    await choose(page, "Quality", "180p");
    await page.reload();
    await ready(page);
    await page.getByRole("button", { name: "Settings" }).click();

    await page.getByRole("menuitem", { name: "Quality 180p" }).waitFor();
});


test("sounds are told apart by language and purpose, and changed while it plays",
    async () => {
        const page = await watching();
        const asked = [];

        page.on("request", (request) => asked.push(request.url()));
        await page.keyboard.press("k");
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("menuitem", { name: "Sound English" }).click();
        assert.deepEqual(
            await page.getByRole("menuitemradio").allInnerTexts(),
            ["English", "French", "English – Director (commentary)"]);
        await page.getByRole("menuitemradio", { name: "French" }).click();
        const heard = page.waitForRequest(/\/a2\.mp4$/);
        await page.getByRole("button", { name: "Settings" }).click();

        await page.getByRole("menuitem", { name: "Sound French" }).waitFor();
        if (!asked.some((url) => url.endsWith("/a2.mp4"))) {
            await heard;
        }
        heard.catch(() => {});
        const from = await now(page, (video) => video.currentTime);
        await seen(page, (to) =>
            document.querySelector("video").currentTime > to, from + 1);
        assert.deepEqual(page.problems, []);
    });


test("subtitles are shown in the language one chooses, and off again",
    async () => {
        const page = await watching();
        const menu = page.getByRole("button", { name: "Subtitles",
                                                exact: true });

        await page.keyboard.press("k");
        await menu.click();
        assert.deepEqual(
            await page.getByRole("menuitemradio").allInnerTexts(),
            ["Off", "English", "French"]);
        await page.getByRole("menuitemradio", { name: "French" }).click();
        await cue(page, "Regarde, la marée.");

        await page.reload();
        await ready(page);
        await page.keyboard.press("k");
        await cue(page, "Regarde, la marée.");

        await page.keyboard.press("c");
        await cue(page, "(Sign: DANGER)");
        await page.keyboard.press("c");
        await cue(page, "Regarde, la marée.");
    });


test("what must be read stands by itself, in the language that is heard",
    async () => {
        const page = await watching();

        await page.keyboard.press("k");
        await cue(page, "(Sign: DANGER)");
        await choose(page, "Sound", "French");
        await cue(page, "");
    });


test("the bar covers no subtitle", async () => {
    const page = await watching();
    const line = () => page.locator("video").evaluate((video) =>
        [...video.textTracks].find(({ mode }) => mode === "showing")
            .activeCues[0].line);

    await page.keyboard.press("c");
    await page.keyboard.press("k");
    await cue(page, "Look, the tide.");
    await page.keyboard.press("k");

    assert.ok(await line() < -2, String(await line()));
    await page.keyboard.press("k");
    await page.mouse.move(5, 5);
    await seen(page, () => document.querySelector(".player.idle"));
    assert.equal(await line(), "auto");
});


test("chapters are listed, marked, and gone to by button and key", async () => {
    const page = await watching();

    await page.getByRole("button", { name: "Chapters" }).click();
    assert.deepEqual(await page.getByRole("menuitemradio").allInnerTexts(),
        ["Harbour\n0:00", "البحر المفتوح\n0:10", "Home\n0:25"]);
    await page.getByRole("menuitemradio", { name: "Home" }).click();
    await at(page, 25);
    await page.getByRole("button", { name: "Previous chapter" }).click();
    await at(page, 10);
    await page.keyboard.press("n");
    await at(page, 25);
    await page.keyboard.press("p");
    await at(page, 10);

    const marks = await page.locator(".seek-marks span").evaluateAll(
        (all) => all.map((mark) => mark.style.getPropertyValue("--at")));
    assert.deepEqual(marks.map((mark) => Number(mark).toFixed(3)),
                     ["0.250", "0.625"]);
    assert.equal(await slider(page).getAttribute("aria-valuetext"),
                 "0:10 of 0:40, البحر المفتوح");
});


test("the seek bar shows a picture of the place that is pointed at, and goes "
    + "there", async () => {
    const page = await watching();
    const { x, y, width, height } = await slider(page).boundingBox();

    await page.mouse.move(x + width * 0.55, y + height / 2);
    await page.locator(".seek-picture").waitFor();
    assert.deepEqual(await page.locator(".seek-picture").evaluate(
        ({ style }) => [style.backgroundPosition, style.width,
                        /storyboard\.jpg/.test(style.backgroundImage)]),
    ["0px -90px", "160px", true]);
    assert.match(await page.locator(".seek-words").innerText(),
                 /البحر المفتوح\s+0:22/);

    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 4 });
    assert.equal(await now(page, (video) => video.currentTime), 0);
    await page.mouse.up();
    await at(page, 30);
    assert.deepEqual(page.problems, []);
});


test("the seek bar is a slider for keys, and shows where they lead", async () => {
    const page = await watching();

    await slider(page).focus();
    await page.keyboard.press("PageUp");
    await page.keyboard.press("PageUp");
    await at(page, 40);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await at(page, 5);

    await page.locator(".seek-picture").waitFor();
    assert.deepEqual(await slider(page).evaluate((bar) =>
        ["min", "max", "now", "text"].map(
            (name) => bar.getAttribute(`aria-value${name}`))),
    ["0", "40", "5", "0:05 of 0:40, Harbour"]);
});


test("a finger drags to a place, and taps twice at a side to step", async () => {
    const page = await watching({ size: PHONE, hasTouch: true, isMobile: true });
    const { x, y, width, height } = await slider(page).boundingBox();
    const touch = await page.context().newCDPSession(page);
    const send = (type, part) => touch.send("Input.dispatchTouchEvent", {
        type, touchPoints: part === null ? []
            : [{ x: x + width * part, y: y + height / 2 }],
    });

    await send("touchStart", 0.1);
    await send("touchMove", 0.5);
    await page.locator(".seek-picture").waitFor();
    await send("touchEnd", null);
    await at(page, 20);
    await page.locator(".seek-preview").waitFor({ state: "hidden" });

    const box = await page.locator("video").boundingBox();
    const side = { x: box.x + box.width * 0.85, y: box.y + 30 };

    await page.touchscreen.tap(side.x, side.y);
    await page.touchscreen.tap(side.x, side.y);
    await at(page, 30);
});


test("a film plays as fast as one wants", async () => {
    const page = await watching();

    await choose(page, "Speed", "1.5 ×");
    assert.equal(await now(page, (video) => video.playbackRate), 1.5);
    await page.keyboard.press(">");
    assert.equal(await now(page, (video) => video.playbackRate), 1.75);
    await page.keyboard.press("<");
    await page.keyboard.press("<");
    await page.keyboard.press("<");
    assert.equal(await now(page, (video) => video.playbackRate), 1);
});


/* Whose picture cannot be chosen. */
const withoutChoice = (found) => { delete found.poster_at; };


test("a menu is gone through by keys alone", async () => {
    const page = await watching({ change: withoutChoice });
    const focused = (name) => seen(page, (wanted) =>
        document.activeElement.innerText.split("\n")[0] === wanted, name);

    await page.getByRole("button", { name: "Settings" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menu", { name: "Settings" }).waitFor();
    await focused("Quality");
    await page.keyboard.press("End");
    await focused("Speed");
    await page.keyboard.press("ArrowRight");
    await focused("Normal");
    await page.keyboard.press("ArrowDown");
    await focused("1.25 ×");
    await page.keyboard.press("ArrowLeft");
    await focused("Speed");
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" })
        .catch(() => {});

    assert.equal(await page.evaluate(
        () => document.activeElement.getAttribute("aria-label")), "Settings");
});


test("keys fill the screen with the film and its controls, and their help is "
    + "seen there", async () => {
    const page = await watching();

    await page.keyboard.press("f");
    await seen(page, () => document.fullscreenElement
        ?.classList.contains("stage"));
    await page.keyboard.press("?");
    await page.getByText("Slower or faster").waitFor();
    assert.equal(await page.locator("dialog").evaluate(
        (dialog) => document.fullscreenElement.contains(dialog)), true);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Leave full screen" }).click();
    await seen(page, () => !document.fullscreenElement);
});


test("media keys know the film, and steer it", async () => {
    const page = await house.page();

    await page.addInitScript(() => {
        const acts = globalThis.acts = {};
        const session = navigator.mediaSession;
        const set = session.setActionHandler.bind(session);

        session.setActionHandler = (name, act) => {
            acts[name] = act;
            set(name, act);
        };
        session.setPositionState = (state) => { acts.state = state; };
    });
    await pretend(page, `/api/media/${media.id}`, EVERY, (found) => {
        describe(found);
        found.author = "Ida";
    });
    await page.goto(place(media));
    await ready(page);
    await page.keyboard.press("k");
    await seen(page, () => navigator.mediaSession.playbackState === "playing");
    await page.evaluate(() => globalThis.acts.pause());
    await seen(page, () => navigator.mediaSession.playbackState === "paused");
    await page.evaluate(() => globalThis.acts.seekto({ seekTime: 12 }));
    await at(page, 12);
    await page.evaluate(() => globalThis.acts.seekforward({ seekOffset: 5 }));
    await at(page, 17);
    await page.evaluate(() => globalThis.acts.nexttrack());
    await at(page, 25);
    await seen(page, () => globalThis.acts.state?.position === 25);

    assert.deepEqual(await page.evaluate(() => {
        const { title, artist, artwork } = navigator.mediaSession.metadata;
        return [title, artist, artwork.length,
                globalThis.acts.state.duration > 39];
    }), ["Tides", "Ida", 1, true]);
    await page.getByRole("link", { name: "Library", exact: true }).click();
    await seen(page, () => navigator.mediaSession.metadata === null);
    assert.equal(await page.evaluate(() => globalThis.acts.play), null);
});


test("a film goes on in a window of its own, where the browser has them",
    async () => {
        const page = await house.page();

        await page.addInitScript(() => {
            HTMLVideoElement.prototype.requestPictureInPicture = function () {
                globalThis.small = this;
                return Promise.resolve();
            };
            Object.defineProperty(document, "pictureInPictureEnabled",
                                  { get: () => true });
        });
        await page.goto(place(media));
        await page.getByRole("button", { name: "Picture in picture" }).click();

        assert.equal(await page.evaluate(
            () => globalThis.small === document.querySelector("video")), true);
    });


test("other screens are offered as long as there are some", async () => {
    const page = await house.page();

    await page.addInitScript(() => {
        Object.defineProperty(HTMLMediaElement.prototype, "remote", {
            get() {
                this.away ??= Object.assign(new EventTarget(), {
                    state: "disconnected",
                    watchAvailability(told) {
                        globalThis.told = told;
                        return Promise.resolve(1);
                    },
                    cancelWatchAvailability: () => Promise.resolve(),
                    prompt() {
                        globalThis.prompted = true;
                        return Promise.resolve();
                    },
                });
                return this.away;
            },
        });
    });
    await page.goto(place(media));
    const button = page.getByRole("button", { name: "Play on another screen" });

    await page.locator(".player-bar").waitFor();
    assert.equal(await button.count(), 0);
    await page.evaluate(() => globalThis.told(true));
    await button.click();
    assert.equal(await page.evaluate(() => globalThis.prompted), true);
    await page.evaluate(() => globalThis.told(false));
    await button.waitFor({ state: "hidden" });
});


test("AirPlay is offered as WebKit has it", async () => {
    const page = await house.page();

    await page.addInitScript(() => {
        HTMLMediaElement.prototype.webkitShowPlaybackTargetPicker = function () {
            globalThis.picked = this.tagName;
        };
    });
    await page.goto(place(media));
    await page.locator(".player-bar").waitFor();
    assert.equal(await page.getByRole("button", { name: "AirPlay" }).count(), 0);
    await page.locator("video").evaluate((video) => video.dispatchEvent(
        Object.assign(new Event("webkitplaybacktargetavailabilitychanged"),
                      { availability: "available" })));
    await page.getByRole("button", { name: "AirPlay" }).click();

    assert.equal(await page.evaluate(() => globalThis.picked), "VIDEO");
});


test("what is still being made is said, and comes along without a break",
    async () => {
        const page = await house.page();
        const told = { rungs: [180], progress: 40 };

        await pretend(page, `/api/media/${media.id}`, EVERY, (found) => {
            describe(found, told);
            found.making = told.rungs.length > 1 ? [] : [
                { name: "v360", kind: "video", lines: 360,
                  progress: told.progress }];
        });
        await page.goto(place(media));
        await ready(page);
        await page.getByText("360p is being made, 40%").waitFor();
        await page.keyboard.press("k");
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("menuitem", { name: /^Quality/ }).click();
        await page.getByRole("menuitem",
                             { name: "360p being made, 40%", disabled: true })
            .waitFor();
        await page.keyboard.press("Escape");
        await page.evaluate(() => {
            const video = document.querySelector("video");
            video.playbackRate = 0.25;      /* long enough for any machine */
            globalThis.breaks = [];
            for (const name of ["emptied", "pause", "seeking", "loadstart",
                                "error"]) {
                video.addEventListener(name, () =>
                    globalThis.breaks.push(name));
            }
        });
        told.progress = 80;
        await page.getByText("360p is being made, 80%").waitFor();
        told.rungs = [180, 360];
        await page.getByText("is being made").waitFor({ state: "hidden" });
        await page.getByText("360p is there now.").waitFor({
            state: "attached" });
        const from = await now(page, (video) => video.currentTime);
        await seen(page, (to) =>
            document.querySelector("video").currentTime > to, from + 0.5);
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("menuitem", { name: /^Quality/ }).click();
        await page.getByRole("menuitemradio", { name: "360p" }).waitFor();

        await page.keyboard.press("Escape");
        /* all of it was there, and small */
        await now(page, (video) => { video.playbackRate = 1; });
        await lines(page, 360);

        assert.deepEqual(await page.evaluate(() => globalThis.breaks), []);
        assert.deepEqual(page.problems, []);
    });


test("a film that is encoded plays at once, and what else is made of it comes",
    async () => {
        const path = join(files.path, "Voyage.mkv");
        const sine = (tone) => ["-f", "lavfi", "-i",
                                `sine=frequency=${tone}:duration=12`];

        await run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
            "testsrc2=size=640x360:rate=25:duration=12", ...sine(440),
            ...sine(880), "-map", "0", "-map", "1", "-map", "2", "-c:v",
            "mpeg4", "-q:v", "4", "-c:a", "aac", "-metadata:s:a:0",
            "language=eng", "-metadata:s:a:1", "language=fra", path]);
        const voyage = await house.upload(path);
        const page = await house.page();

        await page.goto(place(voyage));
        await ready(page);
        await page.keyboard.press("k");
        await seen(page, () => document.querySelector("video").currentTime > 1);
        await page.getByText(/being made/).waitFor({ state: "hidden",
                                                     timeout: 90_000 });
        await choose(page, "Quality", "360p");
        await page.keyboard.press("0");
        await page.keyboard.press("k");
        await lines(page, 360);
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("menuitem", { name: "Sound English" }).click();

        assert.deepEqual(await page.getByRole("menuitemradio").allInnerTexts(),
                         ["English", "French"]);
        assert.deepEqual(page.problems, []);
    });


test("why it stopped is told as it is", async () => {
    for (const [answer, words] of [
        [{ status: 404 }, "the server does not have it any more"],
        [{ status: 403 }, "the server does not let you have it"],
        [{ body: "nonsense", contentType: "application/vnd.apple.mpegurl" },
         "it could not be loaded"],
    ]) {
        const page = await house.page();

        await page.route((url) => /master[.\d]*\.m3u8$/.test(url.pathname),
                         (route) => route.fulfill(answer));
        await page.goto(place(media));

        await page.getByText(`Playing stopped: ${words}`)
            .waitFor({ timeout: 60_000 });
        await page.context().close();
    }
});


test("what stopped for want of a network goes on when there is one", async () => {
    const page = await house.page();
    const master = (url) => /master[.\d]*\.m3u8$/.test(url.pathname);

    await page.route(master, (route) => route.abort());
    await page.goto(place(media));
    await page.getByText("Playing stopped: the server cannot be reached")
        .waitFor({ timeout: 60_000 });
    await page.unroute(master);
    await page.evaluate(() => dispatchEvent(new Event("online")));

    await seen(page, () => document.querySelector("video").currentTime > 0.5);
    await page.getByText("Playing stopped").waitFor({ state: "detached" });
});


test("its owner chooses the picture that stands for a film", async () => {
    const page = await watching({ change: (found) => {
        found.poster_at = null;
    } });
    let asked = null;

    await page.route((url) => url.pathname === `/api/media/${media.id}`,
        async (route) => {
            if (route.request().method() !== "PATCH") {
                await route.fallback();
                return;
            }
            asked = route.request().postDataJSON();
            const answer = await route.fetch({ method: "GET",
                                               postData: undefined });
            await route.fulfill({ response: answer });
        });
    await page.keyboard.press("5");
    await at(page, 20);
    await choose(page, "Use this picture");
    await page.getByText("The picture at 0:20 stands for the film now.")
        .waitFor();

    assert.deepEqual(asked, { poster_at: 20 });
});


test("no picture is chosen where the API has none to choose", async () => {
    const page = await watching({ change: withoutChoice });

    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("menuitem", { name: /^Speed/ }).waitFor();
    assert.equal(await page.getByText("Use this picture").count(), 0);
});


for (const [name, options] of [
    ["on a desk", {}],
    ["on a phone in French", { size: PHONE, locale: "fr-FR", hasTouch: true,
                               isMobile: true }],
]) {
    test(`axe finds nothing in the player and its menus ${name}`, async () => {
        const page = await watching(options);

        assert.deepEqual(await complaints(page), []);
        for (const menu of ["chapters", "subtitles", "settings"]) {
            await page.locator(`.control-${menu}`).click();
            await page.locator(".player-menu:popover-open").waitFor();
            assert.deepEqual(await complaints(page), [], menu);
            await page.keyboard.press("Escape");
        }
        assert.ok(await page.evaluate(() =>
            document.documentElement.scrollWidth <= innerWidth));
        assert.deepEqual(page.problems, []);
    });
}
