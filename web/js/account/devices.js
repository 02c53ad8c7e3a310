/* Where one is signed in. */

import { h } from "../lib/dom.js";
import { ago, moment, t } from "../lib/language.js";
import { endOthers, endSession, getSessions } from "./api.js";
import { device } from "./device.js";
import { proven } from "./proof.js";
import { outcome, pagedList, section } from "./section.js";


/* {element, load()} */
export function devices(signal) {
    const told = outcome();
    const others = h("button", {
        class: "button", type: "button", id: "end-others", hidden: true,
        onclick: () => told.attempt(async () => {
            if (await proven(endOthers)) {
                await list.load();
                element.querySelector("h2").focus();
                told.say(() => t("devices.ended-others"));
            }
        }),
    }, () => t("devices.end-others"));
    const list = pagedList(() => t("devices.title"), {
        ask: (cursor) => getSessions(cursor, signal), row, none: () => "",
        signal, attempt: told.attempt,
        loaded: (rows) => {
            others.hidden = rows.children.length < 2;
        },
    });
    const element = section("devices", () => t("devices.title"), list.element,
                            others, ...told.elements);

    element.querySelector("h2").setAttribute("tabindex", "-1");

    function row(session) {
        const item = h("li", { class: "row" }, deviceLines(session),
            session.current ? null : h("button", {
                class: "button", type: "button",
                "aria-label": () => t("devices.end-name", {
                    name: called(session.user_agent) }),
                onclick: () => told.attempt(() => end(session, item)),
            }, () => t("devices.end")));

        return item;
    }

    async function end({ id, user_agent: agent }, item) {
        if (!await proven(() => endSession(id))) {
            return;
        }
        const near = (item.nextElementSibling ?? item.previousElementSibling)
            ?.querySelector("button");

        item.remove();
        others.hidden = list.element.querySelectorAll("li").length < 2;
        (near ?? element.querySelector("h2")).focus();
        told.say(() => t("devices.ended", { name: called(agent) }));
    }

    return { element, load: list.load };
}


/* What is known of a session. */
export function deviceLines(session) {
    return h("div", {},
        h("p", { class: "row-name" }, () => called(session.user_agent)),
        h("p", { class: "hint" }, session.current
            ? h("strong", {}, () => t("devices.current"))
            : () => t("devices.used", { ago: ago(session.used_at) })),
        h("p", { class: "hint" }, () => t("devices.since", {
            moment: moment(session.created_at),
            address: session.used_from ?? session.address ?? "?" })));
}


/* In words, as far as it has said. */
export function called(agent) {
    const { program, system } = device(agent);

    return program && system ? t("devices.on", { program, system })
        : program ?? system ?? t("devices.unknown");
}
