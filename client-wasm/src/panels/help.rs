//! The help sheet: one page, no tour.

use yew::prelude::*;

use super::PanelFrame;
use crate::{hooks::use_texts, pages::frame::LanguageSwitch};

/// How it is closed.
#[derive(Properties, PartialEq)]
pub struct HelpPanelProps {
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// The panel.
#[component]
pub fn HelpPanel(props: &HelpPanelProps) -> Html {
    let texts = &use_texts().pages.help;
    html! {
        <PanelFrame title={texts.title} testid="help" on_close={props.on_close.clone()} foot={html! { <LanguageSwitch /> }}>
            <dl class="help">
                {for texts.topics.iter().map(|topic| html! {
                    <div key={topic.title} class="help__topic">
                        <dt>{topic.title}</dt>
                        <dd>{topic.body}</dd>
                    </div>
                })}
            </dl>
            <h3 class="help__keys-title">{texts.keys_title}</h3>
            <dl class="help__keys">
                {for texts.keys.iter().map(|(key, words)| html! {
                    <div key={*key} class="help__key">
                        <dt>{for key.split(' ').map(|part| html! { <kbd>{part}</kbd> })}</dt>
                        <dd>{*words}</dd>
                    </div>
                })}
            </dl>
        </PanelFrame>
    }
}
