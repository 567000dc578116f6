//! Everybody's devices: the switch that lets one only read, and the way to take one's seat away. For coordinators.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    api::{self, ApiError, DeviceEntry, Role},
    hooks::{Same, use_slice, use_texts},
    pages::trouble::TroubleStrip,
};

/// Whose hall.
#[derive(Properties, PartialEq)]
pub struct DevicesPanelProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// The panel.
#[component]
pub fn DevicesPanel(props: &DevicesPanelProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.moderation;
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let devices = use_state(|| None::<Vec<DeviceEntry>>);
    let trouble = use_state(|| None::<ApiError>);
    // Looked up when it opens and after every change of its own.
    let round = use_state(|| 0_u32);
    {
        let (devices, trouble) = (devices.clone(), trouble.clone());
        use_effect_with((props.workshop.clone(), *round), move |(workshop, _)| {
            let workshop = workshop.clone();
            spawn_local(async move {
                match api::devices(&workshop).await {
                    Ok(found) => devices.set(Some(found)),
                    Err(error) => trouble.set(Some(error)),
                }
            });
        });
    }
    let set = {
        let (workshop, trouble, round) = (props.workshop.clone(), trouble.clone(), round.clone());
        Callback::from(move |(device, read_only): (String, bool)| {
            let (workshop, trouble, round) = (workshop.clone(), trouble.clone(), round.clone());
            spawn_local(async move {
                trouble.set(None);
                if let Err(error) = api::set_read_only(&workshop, &device, read_only).await {
                    trouble.set(Some(error));
                }
                round.set(round.wrapping_add(1));
            });
        })
    };
    // The device whose removal was asked for once.
    let asked = use_state(|| None::<String>);
    let remove = {
        let (workshop, trouble, round, asked) = (props.workshop.clone(), trouble.clone(), round.clone(), asked.clone());
        Callback::from(move |device: String| {
            if asked.as_ref() != Some(&device) {
                return asked.set(Some(device));
            }
            asked.set(None);
            let (workshop, trouble, round) = (workshop.clone(), trouble.clone(), round.clone());
            spawn_local(async move {
                trouble.set(None);
                if let Err(error) = api::revoke_seat(&workshop, &device).await {
                    trouble.set(Some(error));
                }
                round.set(round.wrapping_add(1));
            });
        })
    };
    let entry = |entry: &DeviceEntry| {
        let name = if entry.name.is_empty() {
            texts.unnamed
        } else {
            entry.name.as_str()
        };
        let table = workshop
            .groups
            .iter()
            .find(|group| Some(&group.id) == entry.group.as_ref());
        let place = match (entry.role, table) {
            (Role::Coordinator, _) => pages.coordinator.to_owned(),
            (Role::Viewer, _) => pages.viewer.to_owned(),
            (Role::Participant, Some(table)) => table.name.clone(),
            (Role::Participant, None) => pages.participant.to_owned(),
        };
        let here = entry.connections > 0;
        let onchange = {
            let (set, device) = (set.clone(), entry.device.clone());
            Callback::from(move |event: Event| {
                set.emit((
                    device.clone(),
                    event.target_unchecked_into::<HtmlInputElement>().checked(),
                ));
            })
        };
        let sure = asked.as_ref() == Some(&entry.device);
        let onremove = {
            let (remove, device) = (remove.clone(), entry.device.clone());
            Callback::from(move |_: MouseEvent| remove.emit(device.clone()))
        };
        html! {
            <li key={entry.device.clone()} class="device" data-testid={format!("device-{}", entry.device)}>
                <span class={classes!("device__line", here.then_some("device__line--here"))} aria-hidden="true" />
                <div class="device__words">
                    <p class="device__name">{name}</p>
                    <p class="device__meta">
                        {format!("{place}　{}", if entry.own { texts.own } else if here { texts.connected } else { texts.away })}
                    </p>
                </div>
                if entry.role == Role::Participant {
                    <label class="switch device__switch">
                        <input type="checkbox" class="switch__input" role="switch" checked={entry.read_only}
                            aria-label={(texts.read_only_of)(name)} data-testid={format!("mute-{}", entry.device)} {onchange} />
                        <span aria-hidden="true">{texts.read_only}</span>
                    </label>
                }
                if !entry.own {
                    <button type="button" class={classes!("button", if sure { "button--warning" } else { "button--quiet" })}
                        aria-label={(!sure).then(|| (texts.remove_of)(name))} data-testid={format!("remove-{}", entry.device)} onclick={onremove}>
                        {if sure { texts.remove_sure } else { texts.remove }}
                    </button>
                }
                if sure {
                    <p class="device__hint secondary small" role="status">{texts.remove_hint}</p>
                }
            </li>
        }
    };
    let list = match &*devices {
        None => html! { <p class="panel__empty" role="status">{pages.waiting}</p> },
        Some(devices) if devices.is_empty() => html! { <p class="panel__empty">{texts.devices_empty}</p> },
        Some(devices) => html! { <ul class="devices">{for devices.iter().map(entry)}</ul> },
    };
    html! {
        <PanelFrame title={texts.devices} testid="devices" on_close={props.on_close.clone()}>
            <p class="secondary small">{texts.devices_hint}</p>
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
            {list}
        </PanelFrame>
    }
}
