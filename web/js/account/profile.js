/* One's name, and the language that one reads. */

import { change, current, languages, t } from "../lib/language.js";
import { strings } from "../lib/strings.js";
import * as session from "../lib/session.js";
import { changeMe } from "./api.js";
import { field, form, selectField } from "./form.js";
import { section } from "./section.js";


export function profile(me) {
    const of = (tag) => tag?.split("-")[0];
    const name = field("profile-name", {
        name: "name", required: false, maxlength: 200, autocomplete: "name",
        dir: "auto", value: me.name ?? "",
        label: () => t("form.name-optional"),
    });
    const language = languageField("profile-locale",
                                   languages.includes(of(me.locale))
                                       ? of(me.locale) : current(),
                                   () => t("profile.locale"));
    const { element, say } = form({
        id: "profile",
        fields: [name, language],
        submit: () => t("edit.save"),
        /* fr-CH stays so while it is French */
        send: (values) => changeMe({
            name: values.name || null,
            ...values.locale === of(me.locale) ? {} : { locale: values.locale },
        }),
        done: (now) => {
            me.locale = now.locale;
            session.update({ name: now.name });
            if (language.value() !== current()) {
                change(language.value());
            }
            say(() => t("profile.saved"));
        },
    });

    return section("profile", () => t("profile.title"), element);
}


/* Each language in its own words. */
export function languageField(id, chosen, label) {
    return selectField(id, {
        name: "locale", label, chosen,
        options: languages.map(
            (each) => [each, () => strings[each]["language.name"]]),
    });
}
