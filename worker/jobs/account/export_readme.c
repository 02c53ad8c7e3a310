/* What people find beside their files, in their language. */

#include <string.h>
#include "export.h"

#define EXPORT_README "README.txt"
#define EXPORT_MISSING "missing.txt"
#define EXPORT_DAY_SIZE 16

typedef struct {
    const char *language;
    const char *what;    /* %s: the site, the day */
    const char *missing; /* when there is missing.txt */
} export_words_t;

static const export_words_t export_words[] = {
    { "fr",
      "Vos données\n"
      "===========\n"
      "\n"
      "Voici tout ce que %s garde de vous et pour vous, au %s (UTC).\n"
      "C’est votre droit d’y accéder et de l’emporter ailleurs : articles 15\n"
      "et 20 du règlement général sur la protection des données (RGPD).\n"
      "\n"
      "account.json   votre compte : profil, formule, sessions avec leur\n"
      "               appareil et leur adresse, seconds facteurs, clés, liens\n"
      "               comptés ou repris, courriels, envois, exports, travaux\n"
      "audit.jsonl    ce que vous avez fait, et ce qui a été fait à votre\n"
      "               compte ; une ligne par fait\n"
      "media.jsonl    vos films, enregistrements et partitions avec tout ce\n"
      "               qui en est connu ; une ligne par média. « file » dit où\n"
      "               est le fichier ici\n"
      "media/         vos fichiers, tels qu’ils sont arrivés, et ceux joints "
      "à\n"
      "               vos partitions : media/<id>/<nom>\n"
      "\n"
      "Les textes sont du JSON en UTF-8, une ligne par objet dans les .jsonl "
      ";\n"
      "les heures sont en UTC, les tailles en octets, « sha256 » est\n"
      "l’empreinte SHA-256 du fichier. Un nom que certains systèmes refusent "
      "a\n"
      "été changé, et deux noms pareils portent un numéro.\n"
      "\n"
      "Mots de passe, secrets et codes n’y sont pas, ni rien d’autres\n"
      "personnes : le service ne garde des premiers que des empreintes.\n",
      "\n"
      "Des fichiers manquent ou sont incomplets : missing.txt les nomme.\n" },
    { "en",
      "Your data\n"
      "=========\n"
      "\n"
      "This is all that %s keeps of you and for you, as of %s (UTC).\n"
      "It is your right to see it and to take it elsewhere: articles 15 and "
      "20\n"
      "of the General Data Protection Regulation (GDPR).\n"
      "\n"
      "account.json   your account: profile, plan, sessions with their device\n"
      "               and address, second factors, keys, links that are\n"
      "               counted or were taken back, mails, uploads, exports,\n"
      "               jobs\n"
      "audit.jsonl    what you did, and what was done to your account, a line\n"
      "               each\n"
      "media.jsonl    your films, recordings and scores with all that is "
      "known\n"
      "               of them, a line each. \"file\" says where the file is "
      "here\n"
      "media/         your files as they came, and those attached to your\n"
      "               scores: media/<id>/<name>\n"
      "\n"
      "The texts are JSON in UTF-8, in a .jsonl one object a line; times are "
      "in\n"
      "UTC, sizes in bytes, \"sha256\" is the file's SHA-256. A name that "
      "some\n"
      "systems refuse was changed, and of two that are alike one has a "
      "number.\n"
      "\n"
      "Passwords, secrets and codes are not here, nor anything of other "
      "people:\n"
      "of the former the service keeps digests alone.\n",
      "\n"
      "Some files are missing or not whole: missing.txt names them.\n" },
};

#define EXPORT_WORDS (sizeof(export_words) / sizeof(export_words[0]))


/* English for all who read none of these. */
static const export_words_t *
export_words_for(const char *language)
{
    size_t i;

    for (i = 0; i < EXPORT_WORDS - 1; i++) {
        if (language != NULL
            && strncmp(language, export_words[i].language,
                       strlen(export_words[i].language))
                   == 0
            && (language[strlen(export_words[i].language)] == '\0'
                || language[strlen(export_words[i].language)] == '-')) {
            break;
        }
    }

    return &export_words[i];
}


job_outcome_t
export_readme(export_t *export)
{
    char day[EXPORT_DAY_SIZE];
    FILE *text;
    struct tm tm;
    const char *site = json_string_value(
        json_object_get(export->begun, "site"));
    const export_words_t *words = export_words_for(
        json_string_value(json_object_get(export->begun, "language")));
    job_outcome_t outcome = JOB_DONE;

    if (export->lost > 0) {
        outcome = export_add_text(export, export->missing, EXPORT_MISSING);
        export->missing = NULL;
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    text = export_text(export, EXPORT_README);
    if (text != NULL) {
        gmtime_r(&export->now, &tm);
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
        fprintf(text, words->what, site ? site : "Sluice", day);
        fputs(export->lost > 0 ? words->missing : "", text);
    }

    return export_add_text(export, text, EXPORT_README);
}
