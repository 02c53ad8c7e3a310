/* All that is one's own, in one file to take away. */

import { h } from "../lib/dom.js";
import { wait } from "../lib/http.js";
import { bytes, moment, percent, reason, span, t } from "../lib/language.js";
import { askExport, getExport, removeExport } from "./api.js";
import { proven } from "./proof.js";
import { outcome, section } from "./section.js";

const SHORT = 0.5;          /* seconds between two looks, at first */
const LONG = 5;
const GROWTH = 1.4;


/* {element, load()} */
export function exporting(signal) {
    let looks = 0;          /* of several that follow it, the last one goes on */
    const place = h("div", { class: "panel-body" });
    const told = outcome();
    const element = section("export", () => t("export.title"),
                            h("p", {}, () => t("export.lead")), place,
                            ...told.elements);
    const button = (id, words, action, kind = "") => h("button", {
        class: `button ${kind}`, type: "button", id,
        onclick: () => told.attempt(action),
    }, () => t(words));

    const shown = {
        none: ({ left }) => [ask("export.ask", left, "primary")],
        failed: ({ job, left }) => [
            h("p", { class: "form-problem" }, () => (job?.error
                && job.state !== "cancelled" ? reason(job.error)
                : t("export.failed"))),
            ask("export.ask", left, "primary"),
        ],
        making: ({ job }) => [
            h("progress", { class: "share", max: 100,
                            value: job?.progress > 0 ? job.progress : false,
                            "aria-label": () => t("export.making") }),
            h("p", {}, () => stage(job)),
            button("stop-export", "export.stop", remove),
        ],
        ready: ({ bytes: size, expires_at: ends, missing, left, links }) => [
            h("p", {}, () => t("export.ready", { size: bytes(size),
                                                 moment: moment(ends) })),
            missing > 0
                ? h("p", {}, () => t("export.missing", { count: missing }))
                : null,
            h("div", { class: "actions" },
              h("a", { class: "button primary", id: "download-export",
                       href: links.download, download: true },
                () => t("export.download")),
              ask("export.again", left),
              button("remove-export", "export.remove", remove, "danger")),
        ],
    };

    const ask = (words, left, kind) => (left > 0
        ? button("ask-export", words, begin, kind)
        : h("p", { class: "hint" }, () => t("export.tomorrow")));

    function show(found) {
        place.replaceChildren(...shown[found.state](found)
            .filter((each) => each !== null));
    }

    /* Shows how it stands, for as long as that changes. */
    async function follow(found) {
        const mine = ++looks;
        let pause = SHORT;

        show(found);
        while (found.state === "making" && mine === looks) {
            await wait(pause, signal);
            pause = Math.min(pause * GROWTH, LONG);

            if (!document.hidden && mine === looks) {
                found = await getExport(signal);
                if (mine === looks) {
                    show(found);
                }
            }
        }
    }

    /* The button that was pressed is gone by then. */
    function stay() {
        const heading = element.querySelector("h2");

        heading.setAttribute("tabindex", "-1");
        heading.focus();
    }

    async function begin() {
        const made = await proven(askExport);

        if (made) {
            const following = follow(made.answer);

            stay();
            await following;
        }
    }

    async function remove() {
        await removeExport();
        show(await getExport(signal));
        looks++;
        stay();
        told.say(() => t("export.removed"));
    }

    return {
        element,
        load: () => told.attempt(async () => follow(await getExport(signal))),
    };
}


function stage(job) {
    if (!job || job.state === "queued") {
        return t("export.waits");
    }
    if (job.state === "retrying") {
        return `${reason(job.error ?? "")} ${t("export.retries")}`;
    }
    return [t("export.making"), percent(job.progress),
            job.seconds_left > 0
                ? t("export.left", { span: span(job.seconds_left) }) : null]
        .filter(Boolean).join(" · ");
}
