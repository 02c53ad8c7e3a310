/*
 * Subtitles: the element's own text tracks, one shown at a time. Where none is
 * chosen, what has to be read all the same (forced) stands by itself.
 */

import { local } from "../../lib/call.js";
import { choices, choose } from "../base/choices.js";
import { sameLanguage } from "../base/names.js";

const KINDS = ["subtitles", "captions", "forced"];
const LINE = 0.06;          /* of the picture's height, as browsers draw it, */
const LEAST = 18;           /* px, as player.css has it where that is little */


/*
 * spoken() answers the language that is heard; fresh() the media object with
 * links that are good. Answers what there is and what is chosen; update(media)
 * takes what has come; raise(height) makes room for the bar (0: there is none).
 */
export function captions(element, { spoken, fresh, changed }) {
    const mine = new Map();     /* name -> {track, language, …, element} */
    let chosen = null;          /* an entry; null: none */
    let last = null;            /* what was chosen before none was */
    let decided = false;        /* by the user, here */
    const lifted = new WeakSet();   /* cues without a place of their own */
    let raised = 0;         /* px of the picture that the bar covers */

    /* What HLS brings along (WebKit's) goes to other screens, too. */
    function all() {
        const own = [...mine.values()].map(({ track }) => track);
        const brought = [...element.textTracks].filter((track) =>
            !own.includes(track) && KINDS.includes(track.kind));

        return brought.length === 0 ? [...mine.values()]
            : brought.map((track) => ({
                track, name: track.id || track.label,
                language: track.language, title: track.label,
                purpose: { captions: "hearing-impaired", forced: "forced" }[
                    track.kind],
            }));
    }

    function listed() {
        return all().filter(({ purpose }) => purpose !== "forced");
    }

    function apply() {
        const there = all();
        const shown = there.find(({ name }) => name === chosen?.name)
            ?? forced(there, spoken());

        for (const entry of there) {
            entry.track.mode = entry === shown ? "showing" : "disabled";
        }
        if (shown) {
            lift(shown.track);
        }
    }

    /* Only what is shown anew is laid out anew. */
    function lift(track) {
        const moved = [...track.activeCues ?? []].filter((cue) =>
            cue.snapToLines && (cue.line === "auto" || lifted.has(cue))
            && cue.line !== line(cue));

        if (moved.length > 0) {
            track.mode = "hidden";
            for (const cue of moved) {
                cue.line = line(cue);
                lifted.add(cue);
            }
            track.mode = "showing";
        }
    }

    /* Counted from below, the first of the cue's own lines. */
    function line({ text }) {
        const high = Math.max(LEAST, element.clientHeight * LINE);
        const below = Math.ceil(raised / high);

        return raised === 0 ? "auto" : -below - text.split("\n").length;
    }

    function add(told) {
        const node = document.createElement("track");
        let asked = false;

        node.kind = "subtitles";
        node.label = told.title ?? told.language ?? told.name;
        node.srclang = told.language ?? "";
        node.src = local(told.url);
        node.addEventListener("error", async () => {
            const links = asked ? null
                : (await fresh().catch(() => null))?.links.subtitles;
            const again = links?.find(({ name }) => name === told.name);

            asked = true;
            if (again) {
                node.src = local(again.url);
            }
        });
        node.track.addEventListener("cuechange", () =>
            node.track.mode === "showing" && lift(node.track));
        element.append(node);
        mine.set(told.name, { ...told, node, track: node.track });
    }

    function update({ links }) {
        const told = links.subtitles ?? [];

        for (const [name, { node }] of mine) {
            if (!told.some((one) => one.name === name)) {
                node.remove();
                mine.delete(name);
            }
        }
        told.filter(({ name }) => !mine.has(name)).forEach(add);
        recall();
        apply();
        changed();
    }

    /* What one reads elsewhere, until something else is chosen here. */
    function recall() {
        const { subtitles } = choices();

        if (!decided && subtitles) {
            const alike = listed().filter(({ language }) =>
                sameLanguage(language, subtitles.language));

            chosen = alike.find(({ purpose = null }) =>
                purpose === subtitles.purpose) ?? alike[0] ?? null;
        }
    }

    element.textTracks.addEventListener("addtrack", () => {
        recall();
        apply();
        changed();
    });

    function take(entry) {
        decided = true;
        last = chosen ?? last;
        chosen = entry;
        choose({ subtitles: entry ? {
            language: entry.language, purpose: entry.purpose ?? null,
        } : null });
        apply();
        changed();
    }

    return {
        update, apply, listed,
        chosen: () => chosen,
        choose: take,
        toggle: () => take(chosen ? null : last ?? listed()[0] ?? null),
        raise(height) {
            raised = height;
            all().filter(({ track }) => track.mode === "showing")
                .forEach(({ track }) => lift(track));
        },
    };
}


function forced(there, language) {
    const some = there.filter(({ purpose }) => purpose === "forced");

    return some.find((entry) => sameLanguage(entry.language, language))
        ?? (language ? undefined : some[0]);
}
