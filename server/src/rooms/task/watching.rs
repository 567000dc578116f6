//! Who follows a workshop's document from inside the server, and what they and the start page are told.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use board::{Workshop, WorkshopView};
use tokio::sync::watch;

use super::RoomTask;
use crate::store::Write;

impl RoomTask {
    /// Tells the watchers of a workshop what it looks like now.
    pub(super) fn publish(&mut self) {
        if self.watchers.is_empty() || self.published == self.room.heads() {
            return;
        }
        let Some(doc) = self.room.doc() else {
            return;
        };
        let view = catch_unwind(AssertUnwindSafe(|| Workshop::from_doc(doc.clone())));
        self.published = self.room.heads().to_vec();
        match view {
            Ok(Ok(workshop)) => {
                self.keep_theme(workshop.view());
                for watcher in &self.watchers {
                    watcher.send_replace(Some(Arc::clone(workshop.view())));
                }
            }
            Ok(Err(error)) => tracing::error!(document = %self.document, %error, "workshop unreadable"),
            Err(_) => {
                self.shared.metrics.panics.inc();
            }
        }
    }

    /// The start page lists workshops by a theme that the store keeps beside the document: it follows the document.
    fn keep_theme(&mut self, view: &WorkshopView) {
        if self.theme.as_ref() == Some(&view.theme) {
            return;
        }
        self.theme = Some(view.theme.clone());
        let (store, workshop, theme) = (
            Arc::clone(&self.shared.store),
            self.workshop.clone(),
            view.theme.clone(),
        );
        tokio::spawn(async move {
            // A list that shows the old theme until the next change is no harm.
            let _ = store.commit(vec![Write::SetTheme { workshop, theme }]).await;
        });
    }
}

/// Until a watcher has gone; never resolves without one.
pub(super) async fn unwatched<T>(watchers: &[watch::Sender<T>]) {
    match watchers.first() {
        Some(watcher) => watcher.closed().await,
        None => std::future::pending().await,
    }
}
