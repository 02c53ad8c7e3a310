/* The seek bar of a recording: how loud it is from beginning to end. */

import { local } from "../../lib/call.js";
import { h } from "../../lib/dom.js";
import { clock, t } from "../../lib/language.js";
import { slider } from "../base/slider.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 5;             /* seconds */
const PITCH = 4;            /* px of a bar and what is beside it */
const HIGH = 100, LOW = 4;
const VERSION = 1;


/*
 * now() answers {at, length} in seconds; parts() its chapters(), or null;
 * go(at) goes there. Answers {element, update, load(link)}.
 */
export function waveform({ now, parts, go }, signal) {
    const shapes = [drawing("wave-all"), drawing("wave-played")];
    const time = h("span", { class: "seek-time" });
    const name = h("span", { class: "seek-chapter", dir: "auto" });
    const preview = h("span", { class: "seek-preview", "aria-hidden": "true",
                                hidden: true },
                      h("span", { class: "seek-words" }, name, time));
    const marks = h("span", { class: "wave-marks" });
    const element = h("div", { class: "wave flat",
                               "aria-label": () => t("listen.seek") },
        h("span", { class: "wave-rail" }), shapes, marks, preview);
    let peaks = [];
    let marked = null;      /* the length that the marks are for */

    const sliding = slider(element, {
        most: () => now().length, value: () => now().at, step: STEP, taken: go,
        text: (at) => [t("player.place", { at: clock(at),
                                           length: clock(now().length) }),
                       parts()?.name(at)].filter(Boolean).join(", "),
        meant: (at) => {
            preview.hidden = at === null;
            if (at !== null) {
                element.style.setProperty("--meant",
                    String(at / (now().length || 1)));
                time.textContent = clock(at);
                name.textContent = parts()?.name(at) ?? "";
            }
        },
    });

    function draw() {
        const bars = Math.max(1, Math.floor(element.clientWidth / PITCH));
        const path = outline(peaks, bars);

        element.classList.toggle("flat", peaks.length === 0);
        for (const shape of shapes) {
            shape.setAttribute("viewBox", `0 0 ${bars * PITCH} ${HIGH}`);
            shape.firstChild.setAttribute("d", path);
        }
    }

    function mark() {
        const { length } = now();

        if (length === marked) {
            return;
        }
        marked = length;
        marks.replaceChildren(...(parts()?.list ?? [])
            .filter(({ start }) => start > 0 && start < length)
            .map(({ start }) => {
                const line = h("span", {});

                line.style.setProperty("--at", String(start / length));
                return line;
            }));
    }

    const observer = new ResizeObserver(draw);

    observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());

    return {
        element,
        update() {
            if (!sliding.dragging()) {
                sliding.update();
            }
            mark();
        },
        async load(link) {
            peaks = link ? await read(local(link), signal).catch(() => [])
                : [];
            draw();
        },
    };
}


function drawing(name) {
    const svg = document.createElementNS(SVG, "svg");

    svg.setAttribute("class", name);
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.append(document.createElementNS(SVG, "path"));
    return svg;
}


/* A bar for each stretch, as high as the loudest of it. */
function outline(peaks, bars) {
    if (peaks.length === 0) {
        return "";
    }
    return Array.from({ length: bars }, (_, n) => {
        const from = Math.floor(n * peaks.length / bars);
        const to = Math.max(from + 1, Math.floor((n + 1) * peaks.length / bars));
        const peak = Math.max(...peaks.slice(from, to));
        const high = Math.max(LOW, peak / 255 * HIGH);

        return `M${n * PITCH + 0.5} ${(HIGH - high) / 2}h${PITCH - 1}v${high}h-${
            PITCH - 1}z`;
    }).join("");
}


async function read(url, signal) {
    const answer = await fetch(url, { signal, credentials: "same-origin" });
    const { version, peaks } = answer.ok ? await answer.json() : {};

    return version === VERSION && peaks?.every(Number.isFinite) ? peaks : [];
}
