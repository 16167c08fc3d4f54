/* E-mail. */
#include "base/clock.h"
#include "notify/channel.h"

static const char *footer(struct arena *a, const struct outgoing *out) {
    static const struct text text = TEXT("Tenure, account %s, %s", "Tenure,账号 %s,%s");
    const char *format = text.in[lang_from(out->message->lang)];
    return arena_printf(a, format, out->notice->account_id, time_format(a, out->notice->at));
}

static bool email_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    const struct mail mail = {
        .id = out->message->id,
        .to = out->address,
        .subject = out->text.title,
        .text = arena_printf(a, "%s\r\n\r\n%s\r\n\r\n-- \r\n%s\r\n", out->text.title, out->text.body,
                             footer(a, out)),
        .lang = out->message->lang,
        .at = out->now,
    };
    if (!n->mailer)
        n->mailer = mailer_new(n->arena, n->mail);
    return mail_send(n->mailer, &mail, e);
}

const struct channel_ops channel_email = {.kind = "email", .send = email_send};
