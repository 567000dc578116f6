//! The line to the server in one quiet word: saved, saving, no connection and how many edits wait.

use yew::prelude::*;

use super::{
    connection_sheet::ConnectionSheet,
    icon::{Glyph, Icon},
};
use crate::{
    hooks::{use_slice, use_store, use_texts},
    i18n::core::CoreTexts,
    store::{Connection, Phase},
};

/// On which board the bar stands.
#[derive(Properties, PartialEq)]
pub struct ConnectionBarProps {
    /// The board beside which it stands; its waiting edits can become drafts when it may only be read.
    #[prop_or_default]
    pub group: Option<board::GroupId>,
}

/// The connection bar.
#[component]
pub fn ConnectionBar(props: &ConnectionBarProps) -> Html {
    let (store, texts) = (use_store(), &use_texts().core);
    let connection = use_slice(|state| state.connection.clone());
    let stuck = {
        let group = props.group.clone();
        use_slice(move |state| {
            let slot = group.as_ref().and_then(|group| state.boards.get(group));
            slot.filter(|slot| slot.loaded && !slot.access.may_write() && slot.unsaved > 0)
                .map(|slot| slot.unsaved)
        })
    };
    let online = connection.phase == Phase::Online;
    // Edits that wait only because the board may not be written now: another word, and a way out.
    let (words, action) = match (stuck.filter(|_| online), &props.group) {
        (Some(count), Some(group)) => {
            let take = {
                let group = group.clone();
                Callback::from(move |_: MouseEvent| store.take_as_drafts(&group))
            };
            let button = html! {
                <button type="button" class="connection__action" onclick={take}>{ texts.take_as_drafts }</button>
            };
            ((texts.read_only_unsent)(count), button)
        }
        _ if matches!(connection.phase, Phase::Offline { .. }) => {
            let again = Callback::from(move |_: MouseEvent| store.network(true));
            let button = html! {
                <button type="button" class="connection__action" onclick={again}>{ texts.connect_now }</button>
            };
            (words(texts, &connection), button)
        }
        _ => (words(texts, &connection), Html::default()),
    };
    let glyph = match connection.phase {
        Phase::Online if connection.unsaved == 0 => Glyph::Done,
        Phase::Online | Phase::Connecting => Glyph::Online,
        Phase::Offline { .. } => Glyph::Offline,
    };
    let sheet = use_state_eq(|| false);
    let (show, close) = {
        let (show, close) = (sheet.clone(), sheet.clone());
        (
            Callback::from(move |_: MouseEvent| show.set(true)),
            Callback::from(move |()| close.set(false)),
        )
    };
    let class = classes!(
        "connection",
        format!("connection--{}", connection.phase.word()),
        (connection.unsaved > 0).then_some("connection--unsaved"),
        (online && stuck.is_some()).then_some("connection--stuck"),
    );
    // The sheet stands beside the bar, whose small letters are not for reading.
    html! {
        <>
            <div
                {class}
                data-testid="connection"
                data-phase={connection.phase.word()}
                data-unsaved={connection.unsaved.to_string()}
            >
                <button type="button" class="connection__open" aria-haspopup="dialog" title={texts.line_title}
                    data-testid="open-connection" onclick={show}>
                    <Icon {glyph} />
                    <span class="connection__words" role="status" aria-live="polite">{ words }</span>
                    <span class="visually-hidden">{ texts.line_title }</span>
                </button>
                { action }
            </div>
            if *sheet {
                <ConnectionSheet on_close={close} />
            }
        </>
    }
}

/// The word for a connection.
pub(super) fn words(texts: &CoreTexts, connection: &Connection) -> String {
    match (connection.phase, connection.unsaved) {
        (Phase::Online, 0) => texts.online.to_owned(),
        (Phase::Online, count) => (texts.saving)(count),
        (Phase::Connecting, _) => texts.connecting.to_owned(),
        (Phase::Offline { .. }, 0) => texts.offline.to_owned(),
        (Phase::Offline { .. }, count) => (texts.offline_unsent)(count),
    }
}

/// A line across the page while the device refuses to store anything and edits are not sent yet.
#[component]
pub fn StorageWarning() -> Html {
    let texts = &use_texts().core;
    let warned = use_slice(|state| !state.storage && state.connection.unsaved > 0);
    if !warned {
        return Html::default();
    }
    html! { <div class="storage-warning" role="alert">{ texts.memory_only }</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::core::JA;

    #[test]
    fn without_a_connection_the_bar_says_that_one_can_go_on_and_how_many_edits_wait() {
        let offline = |unsaved| Connection {
            phase: Phase::Offline { retry_at_ms: 0 },
            unsaved,
        };
        assert_eq!(words(&JA, &offline(3)), "圏外です。このまま書けます（未送信 3件）");
        assert_eq!(words(&JA, &offline(0)), "圏外です。このまま書けます");
        let online = |unsaved| Connection {
            phase: Phase::Online,
            unsaved,
        };
        assert_eq!(words(&JA, &online(0)), "保存済み");
    }
}
