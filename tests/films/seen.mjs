/* When Chromium shows a flash and lets a beep be heard, to a few milliseconds.
   What ffmpeg says of a file is another thing: Media Source takes no edit
   list. */

const BEFORE = 0.8, BEHIND = 0.2;   /* seconds around where the flash is */
const POLLS = 9;

/* Runs in the page, which plays one film. The flash is sought by halves, while
   it stands still: so no picture is passed over. Of the sound we have what was
   played last, and where in it the beep begins: no late timer changes that. */
async function look([at, before, behind, polls]) {
    const video = document.querySelector("video");
    const eye = new OffscreenCanvas(1, 1)
        .getContext("2d", { willReadFrequently: true });
    const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

    const once = (name) => new Promise((done) => {
        video.addEventListener(name, done, { once: true });
    });

    async function seek(to) {
        const seeked = once("seeked");
        const shown = new Promise((done) => {
            video.requestVideoFrameCallback((now, { mediaTime }) =>
                done(mediaTime));
        });

        video.currentTime = to;
        await seeked;
        return Promise.race([shown, pause(400).then(() => null)]);
    }

    async function isWhite(to) {
        const mediaTime = await seek(to);

        eye.drawImage(video, 0, 0, 1, 1);
        return { mediaTime, white: eye.getImageData(0, 0, 1, 1).data[0] > 150 };
    }

    async function flash() {
        let dark = at - before, light = at + behind, first = null;

        if ((await isWhite(dark)).white || !(await isWhite(light)).white) {
            return null;
        }
        while (light - dark > 0.004) {
            const middle = (dark + light) / 2;
            const { mediaTime, white } = await isWhite(middle);

            if (white) {
                light = middle;
                first = mediaTime ?? first;
            } else {
                dark = middle;
            }
        }
        return first !== null && Math.abs(first - light) < 0.02 ? first : light;
    }

    async function beep() {
        const context = new AudioContext();
        const ear = new AnalyserNode(context, { fftSize: 32768 });
        const heard = new Float32Array(ear.fftSize), found = [];

        context.createMediaElementSource(video).connect(ear);
        ear.connect(context.destination);
        await seek(at - before);
        await video.play();
        while (found.length < polls && video.currentTime < at + 3
            && !video.ended) {
            await pause(25);
            ear.getFloatTimeDomainData(heard);

            const now = video.currentTime;
            const begin = heard.findIndex((x) => Math.abs(x) > 0.1);

            if (begin > 480) {
                found.push(now - (heard.length - begin) / context.sampleRate);
            }
        }
        video.pause();
        await context.close();
        return found.length ? found.sort((a, b) => a - b)[found.length >> 1]
            : null;
    }

    video.pause();
    return { flash: await flash(), beep: await beep() };
}


/* {flash, beep}: seconds of the player's clock, or null. */
export async function seen(house, id, at) {
    const page = await house.page();

    try {
        await page.goto(`/watch/${id}`);
        await page.waitForFunction(() => document.querySelector("video")
            ?.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA, null,
        { timeout: 60_000 });
        return await page.evaluate(look, [at, BEFORE, BEHIND, POLLS]);
    } finally {
        await page.context().close();
    }
}
