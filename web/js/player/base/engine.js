/*
 * HLS into a media element, by hls.js or by the browser: what plays, what there
 * is to choose from, and what to do when it breaks.
 */

import { bare } from "../../lib/call.js";
import { playLibrary } from "./library.js";
import { canPlayNative, playNative, prefersNative } from "./native.js";

const REFUSED = [401, 403, 410];
const SOON = 10000;         /* ms */
const NOTHING = { qualities: () => [], quality: () => -1, sounds: () => [],
                  sound: () => -1, setQuality() {}, setSound() {}, retry() {},
                  renew() {}, stop() {} };


/*
 * Plays what url(renew) resolves to; it is called again, with true, when the
 * server refuses the link it gave before. failed(key) is called with the
 * reason's text key when nothing helps, changed() when there is something else
 * to choose from. Answers what plays: `driver` has the choices, see
 * playLibrary(); renew() takes what url(false) resolves to by now; stop() lets
 * go of the element.
 */
export function attach(element, { url, failed, changed = () => {} }) {
    const player = { element, url, failed, changed, driver: NOTHING,
                     gone: false, mending: false, renewed: -Infinity,
                     source: null };

    load(player, prefersNative(element) ? playNative : playLibrary);

    return {
        get driver() {
            return player.driver;
        },
        async renew() {
            const source = await url(false);

            if (!player.gone) {
                player.source = source;
                player.driver.renew(source);
            }
        },
        stop() {
            player.gone = true;
            player.driver.stop();
            element.removeAttribute("src");
            element.load();
        },
    };
}


async function load(player, play, { renew = false, at = -1 } = {}) {
    const { element, changed } = player;

    try {
        const source = player.source = await player.url(renew);
        const driver = player.gone ? NOTHING : await play(element, source, at, {
            changed, broke: (how) => once(player, () =>
                broke(player, play, how)),
        });

        if (player.gone) {
            driver.stop();
            return;
        }
        player.driver = driver;
        changed();
    } catch (problem) {
        if (problem.message === "unsupported" && canPlayNative(element)
            && play !== playNative) {
            await load(player, playNative, { at });
        } else if (!player.gone) {
            player.failed(told(problem));
        }
    }
}


/* What fails tells of it several times, as a picture's file and a sound's: what
   comes of the first is for all. */
async function once(player, mend) {
    if (player.gone || player.mending) {
        return;
    }
    player.mending = true;
    try {
        await mend();
    } finally {
        player.mending = false;
    }
}


/* An element does not say why it failed: first it may have been the link. */
async function broke(player, play, how) {
    const { element } = player;
    const at = element.currentTime > 0 ? element.currentTime : -1;
    const playing = !element.paused;
    const own = play === playNative;

    if ((own ? !how.decode : REFUSED.includes(how.status)) && mayRenew(player))
    {
        player.driver.stop();
        await load(player, play, { renew: true, at });
    } else if (own) {
        player.driver.stop();
        await load(player, playLibrary, { at });
    } else {
        if (!how.decode || !await newer(player)) {
            player.failed(why(how));
        }
        return;
    }
    if (playing) {
        playWhenReady(element);
    }
}


/* What cannot be decoded may have been made anew meanwhile: then that plays. */
async function newer(player) {
    const before = player.source;

    try {
        player.source = await player.url(true);
    } catch {
        return false;
    }
    if (!player.gone && bare(player.source) !== bare(before)) {
        player.driver.renew(player.source);
        return true;
    }
    return player.gone;
}


function why({ status, decode }) {
    if (decode) {
        return "watch.undecodable";
    }
    if (status === 404) {
        return "watch.missing";
    }
    if (REFUSED.includes(status)) {
        return "watch.refused";
    }
    return status > 0 ? "watch.broken-reason" : "watch.offline";
}


function told(problem) {
    if (problem.message === "unsupported") {
        return "watch.unsupported";
    }
    return problem.status === 404 ? "watch.gone"
        : problem.away ? "watch.offline" : "watch.broken-reason";
}


/* A link refused again at once is refused for another reason. */
function mayRenew(player) {
    const now = performance.now();

    if (now - player.renewed < SOON) {
        return false;
    }
    player.renewed = now;
    return true;
}


/* A new source pauses the element: to play before it is there is lost. */
export function playWhenReady(element) {
    if (element.readyState > 0) {
        element.play().catch(() => {});
        return;
    }
    element.addEventListener("loadedmetadata", () => {
        element.play().catch(() => {});
    }, { once: true });
}
