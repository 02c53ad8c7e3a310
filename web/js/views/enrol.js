/* For who must have a second factor: it is set up, or shown, before all else.
 */

import { getMe } from "../account/api.js";
import { enrol } from "../account/enrol.js";
import { proofForm } from "../account/proof.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";


export function enrolView(params, { signal, entered }) {
    const lead = h("p", {});
    const place = h("div", { class: "panel-body" });

    async function begin() {
        try {
            const me = await getMe(signal);

            if (me.second_factor.totp) {
                lead.replaceChildren(h("span", {}, () => t("enrol.show")));
                place.replaceChildren(proofForm(me, entered));
            } else {
                lead.replaceChildren(h("span", {}, () => t("enrol.lead")));
                await enrol(place, { done: entered, anew: begin });
            }
        } catch (problem) {
            if (!signal.aborted) {
                place.replaceChildren(...broken(problem, begin));
            }
        }
    }

    begin();
    return {
        element: h("section", { class: "account" },
            h("h1", {}, () => t("enrol.title")), lead,
            h("div", { class: "panel" }, place)),
        title: () => `${t("enrol.title")} – Sluice`,
    };
}


function broken(problem, again) {
    return [
        h("p", { class: "form-problem", role: "alert" },
          () => problem.text()),
        h("button", { class: "button", type: "button", onclick: again },
          () => t("problem.again")),
    ];
}
