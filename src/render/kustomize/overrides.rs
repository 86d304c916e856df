//! What Argo CD changes in a kustomization before it builds it: each change as the `kustomize edit` command does it that
//! Argo CD runs (util/kustomize/kustomize.go; kustomize/commands/edit), in the same order.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::failure::{Failure, Result};
use super::options::{AddedLabels, Overrides};
use super::types::{Image, Kustomization, Label, Pairs, Replica, Text};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;

/// Changes a kustomization.
///
/// # Errors
/// Labels and annotations that it has already, where none may be replaced. All of them are told.
pub fn apply(kustomization: &mut Kustomization, overrides: &Overrides) -> Result<()> {
    let set = |field: &mut Text, text: &Text| {
        if !text.is_empty() {
            *field = text.clone();
        }
    };
    set(&mut kustomization.name_prefix, &overrides.name_prefix);
    set(&mut kustomization.name_suffix, &overrides.name_suffix);
    if !overrides.images.is_empty() {
        set_images(&mut kustomization.images, &overrides.images);
    }
    if !overrides.replicas.is_empty() {
        set_replicas(&mut kustomization.replicas, &overrides.replicas);
    }
    let mut twice = Vec::new();
    if let Some(labels) = overrides.labels.as_ref().filter(|labels| !labels.pairs.is_empty()) {
        add_labels(kustomization, labels, &mut twice);
    }
    if let Some((pairs, force)) = &overrides.annotations {
        for pair in pairs {
            add(&mut kustomization.common_annotations, pair, *force, ANNOTATION, &mut twice);
        }
    }
    set(&mut kustomization.namespace, &overrides.namespace);
    kustomization.patches.extend(overrides.patches.iter().cloned());
    for component in &overrides.components {
        if !kustomization.components.iter().any(|known| known.text == component.text) {
            kustomization.components.push(component.clone());
        }
    }
    match twice.into_iter().reduce(Failure::and) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// What keeps what the kustomization has in this place.
const KEEP: &str = "*";

/// `edit set image`: the images come out by name, and of several with one name the kustomization's first is left.
fn set_images(images: &mut Vec<Image>, given: &[Image]) {
    let mut by_name: BTreeMap<EcoString, Image> = BTreeMap::new();
    by_name.extend(given.iter().map(|image| (image.name.text.clone(), image.clone())));
    for known in std::mem::take(images) {
        match by_name.get_mut(&known.name.text) {
            Some(image) => keep(image, &known),
            None => {
                by_name.insert(known.name.text.clone(), known);
            }
        }
    }
    let nothing = Image::default();
    images.extend(by_name.into_values().map(|mut image| {
        keep(&mut image, &nothing);
        image
    }));
}

/// Puts what is known in the place of each asterisk. An image that had one is left without a suffix of its tag.
fn keep(image: &mut Image, known: &Image) {
    let parts = [
        (&mut image.new_name, &known.new_name),
        (&mut image.new_tag, &known.new_tag),
        (&mut image.digest, &known.digest),
    ];
    for (part, known) in parts {
        if part.text == KEEP {
            *part = known.clone();
            image.tag_suffix = Text::default();
        }
    }
}

/// `edit set replicas`: likewise.
fn set_replicas(replicas: &mut Vec<Replica>, given: &[Replica]) {
    let mut by_name: BTreeMap<EcoString, Replica> = BTreeMap::new();
    by_name.extend(given.iter().map(|replica| (replica.name.text.clone(), replica.clone())));
    for known in std::mem::take(replicas) {
        by_name.entry(known.name.text.clone()).or_insert(known);
    }
    replicas.extend(by_name.into_values());
}

/// A label or an annotation, and the setting of an Application that replaces one.
type Kind = (&'static str, &'static str);
const LABEL: Kind = ("label", "forceCommonLabels");
const ANNOTATION: Kind = ("annotation", "forceCommonAnnotations");

/// `edit add label`: to `commonLabels`, or without selectors to the first of `labels` with the same settings.
fn add_labels(kustomization: &mut Kustomization, given: &AddedLabels, twice: &mut Vec<Failure>) {
    if !given.without_selector {
        for pair in &given.pairs {
            add(&mut kustomization.common_labels, pair, given.force, LABEL, twice);
        }
        return;
    }
    let same = |label: &Label| !label.include_selectors && label.include_templates == given.include_templates;
    let found = kustomization.labels.iter().position(same);
    let index = found.unwrap_or(kustomization.labels.len());
    if found.is_none() {
        let origin = given.pairs.first().map_or(Origin::NONE, |(name, _)| name.origin);
        let include_templates = given.include_templates;
        kustomization.labels.push(Label { include_templates, origin, ..Label::default() });
    }
    if let Some(label) = kustomization.labels.get_mut(index) {
        given.pairs.iter().for_each(|pair| add(&mut label.pairs, pair, given.force, LABEL, twice));
    }
}

fn add(pairs: &mut Pairs, (name, value): &(Text, Text), force: bool, kind: Kind, twice: &mut Vec<Failure>) {
    match pairs.binary_search_by(|(known, _)| known.text.cmp(&name.text)) {
        Err(at) => pairs.insert(at, (name.clone(), value.clone())),
        Ok(at) if force => {
            if let Some(pair) = pairs.get_mut(at) {
                *pair = (name.clone(), value.clone());
            }
        }
        Ok(at) => {
            let (kind, setting) = kind;
            let text = format!("{kind} {} already in kustomization file. Use --force to override.", name.text);
            let message = format!("the kustomization has the {kind} `{}` already", name.text);
            let known = pairs.get(at).map_or(Origin::NONE, |(known, _)| known.origin);
            let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION, message)
                .at(name.origin, format!("this {kind} again"))
                .also(known, "it is here")
                .hint(format!("`{setting}: true` replaces it"));
            twice.push(Failure::told(text, diagnostic));
        }
    }
}

/// An image as `kustomize edit set image` takes it: `[old=]new[:tag][@digest]`.
///
/// # Errors
/// One that says nothing but a name.
pub fn parse_image(text: &Text) -> std::result::Result<Image, &'static str> {
    let part = |part: &str| Text::new(part, text.origin);
    let (old, value) = text.split_once('=').map_or((None, &**text), |(old, new)| (Some(old), new));
    let (name, tag, digest) = split_image(value);
    if name == &**text {
        return Err("it names neither a new image nor a tag nor a digest");
    }
    // An empty name before the `=` is as none.
    let old = old.filter(|old| !old.is_empty());
    Ok(Image {
        name: part(old.unwrap_or(name)),
        new_name: part(if old.is_some() { name } else { "" }),
        tag_suffix: Text::default(),
        new_tag: part(tag),
        digest: part(digest),
        origin: text.origin,
    })
}

/// The name, the tag and the digest of an image (api/internal/image, `Split`): a colon before the first slash is a port's.
fn split_image(image: &str) -> (&str, &str, &str) {
    let slash = image.find('/').unwrap_or_default();
    let after = image.get(slash..).unwrap_or_default();
    let find = |c: char| after.find(c).map(|at| at + slash);
    let cut = |from: usize, to: usize| image.get(from..to).unwrap_or_default();
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (cut(0, colon), cut(colon + 1, at), cut(at + 1, image.len())),
        (_, Some(at)) => (cut(0, at), "", cut(at + 1, image.len())),
        (Some(colon), None) => (cut(0, colon), cut(colon + 1, image.len()), ""),
    }
}
