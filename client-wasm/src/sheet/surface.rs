//! The sheet's one owner: camera, selection, mode, gestures, editor. Messages in, effects out.
//!
//! Most messages render nothing: [`Stage`] writes styles. What does render are the layers whose properties changed.

use std::rc::Rc;

use board::{
    Command,
    command::TextTarget,
    geometry::{Point, Rect, Size},
    id::{GroupId, IslandId, ItemId},
    view::BoardView,
};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{
    actions::{Action, Actions, Row},
    editor::Editor,
    handle::{Order, SheetHandle, SheetStatus},
    items::{self, IslandsLayer, NotesLayer},
    keyboard_bridge::BRIDGE_CLASS,
    listeners::{self, Heard, Later, Listeners},
    others::{Holder, Others, OthersView},
    relations::RelationsView,
    stage::Stage,
    words::Words,
};
use crate::{
    app::count_render,
    camera::Camera,
    components::icon::{Glyph, Icon},
    hooks::Same,
    store::{Presence, Store},
    text_field::Left,
    tools::{Gestures, Mode, Scene, Selection, Target, dropping},
};

/// What the surface is given. Everything is cheap to compare.
#[derive(Properties, Clone, PartialEq)]
pub struct SurfaceProps {
    /// The store.
    pub store: Store,
    /// The board's group.
    pub group: GroupId,
    /// The board; compared by address.
    pub view: Same<BoardView>,
    /// Whether anything of the board has arrived.
    pub loaded: bool,
    /// Whether this device may write it.
    pub writes: bool,
    /// No actions at all: the wall.
    pub bare: bool,
    /// Whether a coordinator sits here.
    pub coordinator: bool,
    /// Who else holds and writes what.
    pub others: Rc<Others>,
    /// The texts.
    pub words: Words,
    /// Receives the handle.
    pub on_ready: Callback<SheetHandle>,
    /// Told what the bars show.
    pub on_status: Callback<SheetStatus>,
    /// Moves things to another group.
    pub on_transfer: Option<Callback<Vec<ItemId>>>,
    /// Asked to erase things for good; only coordinators have it.
    #[prop_or_default]
    pub on_erase: Option<Callback<Vec<ItemId>>>,
}

/// What happens to the surface.
#[derive(Debug)]
pub enum Message {
    /// The browser said something.
    Heard(Heard),
    /// A bar or a panel asks for something.
    Order(Order),
    /// A verb was chosen.
    Action(Action),
    /// The question was answered.
    Answer(Answer),
    /// The time has come that a gesture asked for.
    Tick,
    /// The arrow keys rest: what they moved is dropped.
    NudgeDone,
    /// The camera rests.
    CameraRests,
    /// The flash of a found thing is over.
    FlashDone,
    /// The editor was left.
    Left(Left),
    /// The editor has another size.
    EditorResized,
    /// The mode is given up.
    EndMode,
}

/// Answers to "merge or inside?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// One island of both.
    Merge,
    /// A smaller island inside.
    Inside,
    /// As it was.
    Leave,
}

/// A question that waits for its answer, with the preview still standing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) absorbed: IslandId,
    pub(super) into: IslandId,
    pub(super) inside: Command,
}

/// A text that is being written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Writing {
    pub(super) target: TextTarget,
    /// The note was made for this writing: if nothing is written it never was.
    pub(super) fresh: bool,
}

/// The surface.
pub struct Surface {
    pub(super) camera: Camera,
    pub(super) viewport: Rect,
    pub(super) gestures: Gestures,
    pub(super) selection: Rc<Selection>,
    pub(super) mode: Mode,
    pub(super) row: Row,
    pub(super) writing: Option<Writing>,
    pub(super) asked: Option<Asked>,
    pub(super) target: Option<Target>,
    pub(super) stage: Stage,
    pub(super) presence: Presence,
    /// Whose hands the held things were in when they were taken up.
    pub(super) taken_from: Option<Rc<Holder>>,
    pub(super) nudged: Point,
    pub(super) nudge_timer: Option<Later>,
    pub(super) tick_timer: Option<Later>,
    pub(super) rest_timer: Option<Later>,
    pub(super) flash_timer: Option<Later>,
    /// Gets the keyboard focus after the next render.
    pub(super) focus_next: Option<ItemId>,
    /// The sheet gets it, unless something is being written.
    pub(super) refocus: bool,
    fitted: bool,
    listeners: Option<Listeners>,
    told: SheetStatus,
}

impl Component for Surface {
    type Message = Message;
    type Properties = SurfaceProps;

    fn create(_ctx: &Context<Self>) -> Self {
        Self {
            camera: Camera::default(),
            viewport: Rect::default(),
            gestures: Gestures::default(),
            selection: Rc::default(),
            mode: Mode::default(),
            row: Row::default(),
            writing: None,
            asked: None,
            target: None,
            stage: Stage::default(),
            presence: Presence::default(),
            taken_from: None,
            nudged: Point::default(),
            nudge_timer: None,
            tick_timer: None,
            rest_timer: None,
            flash_timer: None,
            focus_next: None,
            refocus: false,
            fitted: false,
            listeners: None,
            told: SheetStatus::default(),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let renders = self.receive(ctx, message);
        self.tell_status(ctx);
        renders
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &SurfaceProps) -> bool {
        let props = ctx.props();
        if props.group != old.group {
            // Another board: nothing of the old one is selected, held or looked at.
            let listeners = self.listeners.take();
            let mut stage = std::mem::take(&mut self.stage);
            stage.end_preview(&old.view);
            stage.end_lasso();
            *self = Self {
                listeners,
                stage,
                viewport: self.viewport,
                ..<Self as Component>::create(ctx)
            };
        }
        if !Rc::ptr_eq(&props.store.state(), &old.store.state()) || props.view != old.view || props.writes != old.writes
        {
            self.board_changed(ctx);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        count_render("sheet");
        let props = ctx.props();
        let link = ctx.link();
        let asked = self.asked.as_ref().map(|asked| asked.into.clone());
        let layer = |target: Option<Target>, asked: Option<IslandId>| items::LayerProps {
            view: props.view.clone(),
            selection: Rc::clone(&self.selection),
            others: Rc::clone(&props.others),
            target,
            asked,
            shows_withheld: props.coordinator && !props.bare,
            words: props.words,
        };
        let islands = layer(self.target.clone(), asked);
        let notes = layer(None, None);
        let mode = match self.mode {
            Mode::Hand => None,
            Mode::Lasso => Some("lasso"),
            Mode::Carry(_) | Mode::Merge(_) => Some("pick"),
        };
        html! {
            <div ref={self.stage.root.clone()} class={classes!("sheet", props.bare.then_some("is-bare"))}
                data-testid="sheet" data-mode={mode} data-lasso={(mode == Some("lasso")).to_string()} tabindex="0"
                role="group" aria-label={props.words.sheet} aria-description={props.words.sheet_keys}>
                <div ref={self.stage.board.clone()} class="sheet-board">
                    <div class="sheet-paper"></div>
                    <IslandsLayer ..islands />
                    <RelationsView view={props.view.clone()} />
                    <NotesLayer ..notes />
                    <svg class="sheet-lasso" width="1" height="1" aria-hidden="true">
                        <path ref={self.stage.lasso.clone()} />
                    </svg>
                    <div ref={self.stage.above.clone()} class="sheet-above">
                        <OthersView group={props.group.clone()} board={self.stage.board.clone()} />
                    </div>
                </div>
                { self.empty_hint(props) }
                { self.banner(props, link) }
                { self.actions(props, link) }
                { self.question(props, link) }
                { self.editor(props, link) }
                <textarea class={BRIDGE_CLASS} tabindex="-1" aria-hidden="true" autocomplete="off" />
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            if let Some(root) = self.stage.root.cast::<HtmlElement>() {
                let link = ctx.link().clone();
                let tell = move |heard: Heard| {
                    let takes = super::keyboard::takes(&heard);
                    link.send_message(Message::Heard(heard));
                    takes
                };
                self.listeners = Some(Listeners::attach(&root, tell));
            }
            self.measure();
            ctx.props()
                .on_ready
                .emit(SheetHandle(ctx.link().callback(Message::Order)));
        }
        self.look_first(ctx);
        self.stage.look(self.camera);
        self.stage.measure_overlay();
        self.show_preview_again(ctx);
        self.place_overlay(ctx);
        if std::mem::take(&mut self.refocus)
            && self.writing.is_none()
            && let Some(root) = self.stage.root.cast::<HtmlElement>()
        {
            listeners::take_focus(&root);
        }
        if let Some(item) = self.focus_next.take() {
            self.focus(&item);
        }
    }

    fn destroy(&mut self, ctx: &Context<Self>) {
        ctx.props().store.present(&ctx.props().group, Presence::default());
    }
}

impl Surface {
    /// The board as the store has it this moment; properties follow at the next paint.
    pub(super) fn board(ctx: &Context<Self>) -> std::sync::Arc<BoardView> {
        let props = ctx.props();
        let state = props.store.state();
        state
            .boards
            .get(&props.group)
            .map_or_else(|| props.view.0.clone(), |slot| slot.view.clone())
    }

    pub(super) fn scene<'a>(&'a self, ctx: &Context<Self>, view: &'a BoardView) -> Scene<'a> {
        Scene {
            view,
            camera: self.camera,
            viewport: self.viewport.size,
            selection: &self.selection,
            mode: &self.mode,
            read_only: !self.may_write(ctx),
        }
    }

    pub(super) fn may_write(&self, ctx: &Context<Self>) -> bool {
        ctx.props().writes && !ctx.props().bare
    }

    /// Reads the sheet's place in the window. Returns whether it has another size now.
    pub(super) fn measure(&mut self) -> bool {
        let Some(viewport) = self.stage.viewport() else {
            return false;
        };
        let before = std::mem::replace(&mut self.viewport, viewport);
        before.size != viewport.size
    }

    /// The first look at a board: all of it.
    fn look_first(&mut self, ctx: &Context<Self>) {
        if !self.fitted && ctx.props().loaded && self.viewport.size.width > 0.0 {
            self.fitted = true;
            self.camera = self.fit(&ctx.props().view);
        }
    }

    /// The camera that shows everything.
    pub(super) fn fit(&self, view: &BoardView) -> Camera {
        match dropping::content(view) {
            Some(content) => Camera::fit(content, self.viewport.size),
            None => Camera::home(self.viewport.size),
        }
    }

    /// What is being written, on the sheet.
    pub(super) fn written_rect(&self, view: &BoardView) -> Option<Rect> {
        match &self.writing.as_ref()?.target {
            TextTarget::Note(id) => view.bounds(&ItemId::Note(id.clone())),
            TextTarget::Heading(id) => dropping::plate(view, id),
            TextTarget::Label(_) => None,
        }
    }

    /// Puts what has its own size on the screen beside what it belongs to.
    pub(super) fn place_overlay(&self, ctx: &Context<Self>) {
        let view = Self::board(ctx);
        let size: Size = self.viewport.size;
        let selected = dropping::bounds_of(&view, self.selection.iter());
        self.stage.place_actions(self.camera, size, selected);
        let plate = self
            .asked
            .as_ref()
            .and_then(|asked| dropping::plate(&view, &asked.into));
        self.stage.place_ask(self.camera, size, plate);
        self.stage
            .place_editor(self.camera, self.viewport, self.written_rect(&view));
    }

    fn tell_status(&mut self, ctx: &Context<Self>) {
        let status = SheetStatus {
            lasso: self.mode == Mode::Lasso,
            selection: if self.told.selection.iter().eq(self.selection.iter()) {
                Rc::clone(&self.told.selection)
            } else {
                Rc::new(self.selection.iter().cloned().collect())
            },
            editing: self.writing.is_some(),
            // While the camera moves nobody needs the figure.
            zoom_percent: if self.rest_timer.is_some() {
                self.told.zoom_percent
            } else {
                (self.camera.zoom * 100.0).round() as u32
            },
        };
        if status != self.told {
            self.told = status.clone();
            ctx.props().on_status.emit(status);
        }
    }

    fn empty_hint(&self, props: &SurfaceProps) -> Html {
        if !props.loaded || dropping::content(&props.view).is_some() || self.writing.is_some() {
            return Html::default();
        }
        let words = if props.writes && !props.bare {
            props.words.empty
        } else {
            props.words.empty_reader
        };
        html! {
            <div class="sheet-empty">
                <svg viewBox="0 0 240 150" width="240" height="150" aria-hidden="true">
                    <path class="sheet-empty-line" d="M34 66c26-24 132-26 168-4 20 14 16 56-6 68-34 16-124 16-158 2-22-12-24-48-4-66z" />
                    <g transform="rotate(-3 96 96)"><rect class="sheet-empty-slip" x="64" y="78" width="60" height="36" rx="2" /></g>
                    <g transform="rotate(2 160 92)"><rect class="sheet-empty-slip" x="134" y="80" width="60" height="36" rx="2" /></g>
                    <path class="sheet-empty-pen" d="M150 20l-58 58-4 12 12-4 58-58zM142 28l8 8" />
                </svg>
                <p>{ words }</p>
            </div>
        }
    }

    fn banner(&self, props: &SurfaceProps, link: &yew::html::Scope<Self>) -> Html {
        let words = match self.mode {
            Mode::Hand => return Html::default(),
            Mode::Lasso => props.words.draw_lasso,
            Mode::Carry(_) => props.words.pick_place,
            Mode::Merge(_) => props.words.pick_island,
        };
        html! {
            <div class="sheet-banner" data-control="" role="status">
                <span>{ words }</span>
                <button type="button" class="button button--quiet" onclick={link.callback(|_| Message::EndMode)}
                    data-testid="end-mode">{ props.words.leave_it }</button>
            </div>
        }
    }

    fn actions(&self, props: &SurfaceProps, link: &yew::html::Scope<Self>) -> Html {
        let shown = !self.selection.is_empty()
            && props.writes
            && !props.bare
            && self.mode == Mode::Hand
            && self.writing.is_none()
            && self.asked.is_none()
            && !self.gestures.is_dragging();
        if !shown {
            return Html::default();
        }
        html! {
            <Actions view={props.view.clone()} selection={Rc::clone(&self.selection)} row={self.row}
                coordinator={props.coordinator} transfers={props.on_transfer.is_some()} erases={props.on_erase.is_some()} words={props.words}
                place={self.stage.actions.clone()} on_action={link.callback(Message::Action)} />
        }
    }

    fn question(&self, props: &SurfaceProps, link: &yew::html::Scope<Self>) -> Html {
        if self.asked.is_none() {
            return Html::default();
        }
        let answer = |answer: Answer| link.callback(move |_| Message::Answer(answer));
        html! {
            <div ref={self.stage.ask.clone()} class="sheet-ask" data-control="" role="group"
                aria-label={props.words.merge_or_inside}>
                <button type="button" class="button button--primary" onclick={answer(Answer::Merge)}
                    data-testid="ask-merge"><Icon glyph={Glyph::Merge} />{ props.words.merge_them }</button>
                <button type="button" class="button" onclick={answer(Answer::Inside)}
                    data-testid="ask-inside"><Icon glyph={Glyph::Into} />{ props.words.put_inside }</button>
                <button type="button" class="button button--quiet" onclick={answer(Answer::Leave)}
                    data-testid="ask-leave">{ props.words.leave_it }</button>
            </div>
        }
    }

    fn editor(&self, props: &SurfaceProps, link: &yew::html::Scope<Self>) -> Html {
        let Some(writing) = &self.writing else {
            return Html::default();
        };
        let view = &props.view;
        let (colour, item) = match &writing.target {
            TextTarget::Note(id) => (
                Some(view.notes.get(id).map(|note| note.colour).unwrap_or_default()),
                ItemId::Note(id.clone()),
            ),
            TextTarget::Heading(id) => (None, ItemId::Island(id.clone())),
            TextTarget::Label(_) => return Html::default(),
        };
        let writer = props.others.written.get(&item).map(|writer| writer.name.clone());
        html! {
            <Editor key={item.to_string()} group={props.group.clone()} target={writing.target.clone()} {colour}
                {writer} words={props.words} place={self.stage.editor.clone()}
                on_left={link.callback(Message::Left)} on_resized={link.callback(|()| Message::EditorResized)} />
        }
    }
}
