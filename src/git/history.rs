//! What commits say: who made them, when, and why.

use super::{GitError, ObjectId, ObjectKind, Repository, command};

/// A person, as git knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A commit's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: ObjectId,
    /// Who wrote it.
    pub author: Identity,
    /// When, as commits have it: seconds and the zone.
    pub author_date: String,
    /// When, in ISO 8601.
    pub author_date_iso: String,
    /// When it was committed, as commits have it.
    pub committer_date: String,
    /// The first paragraph, in a line.
    pub subject: String,
    /// The rest.
    pub body: String,
}

/// A commit to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit<'a> {
    /// Its tree.
    pub tree: ObjectId,
    /// The commit that it follows.
    pub parent: Option<ObjectId>,
    /// Who wrote it.
    pub author: &'a Identity,
    /// When: seconds and the zone.
    pub author_date: &'a str,
    /// Who committed it.
    pub committer: &'a Identity,
    /// When.
    pub committer_date: &'a str,
    /// What it says.
    pub message: &'a str,
}

impl NewCommit<'_> {
    /// The contents of the object.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("tree {}\n", self.tree);
        if let Some(parent) = self.parent {
            text.push_str(&format!("parent {parent}\n"));
        }
        let people = [("author", self.author, self.author_date), ("committer", self.committer, self.committer_date)];
        for (role, Identity { name, email }, date) in people {
            text.push_str(&format!("{role} {} <{}> {date}\n", plain(name), plain(email)));
        }
        text.push('\n');
        text.push_str(&self.message.replace('\0', ""));
        text.into_bytes()
    }
}

/// A name or an address without what would end it.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect::<String>().trim().to_owned()
}

impl Repository {
    /// What a commit says.
    ///
    /// # Errors
    /// git fails, or there is no such commit.
    pub fn message(&self, id: ObjectId) -> Result<Message, GitError> {
        let form = "--format=format:%an%x00%ae%x00%ad%x00%aI%x00%cd%x00%s%x00%b";
        let told = ["--no-show-signature", "--no-notes", "--no-color", "--encoding=UTF-8", "--date=raw"];
        let output = self.run([&["log", "-1", form], &told[..], &[id.to_string().as_str(), "--"]].concat())?;
        let text = String::from_utf8_lossy(&output);
        let parts: Vec<&str> = text.splitn(7, '\0').collect();
        let [name, email, author_date, author_date_iso, committer_date, subject, body] = parts.as_slice() else {
            return Err(GitError::answer("log", &text));
        };
        let own = |text: &&str| (*text).to_owned();
        Ok(Message {
            id,
            author: Identity { name: own(name), email: own(email) },
            author_date: own(author_date),
            author_date_iso: own(author_date_iso),
            committer_date: own(committer_date),
            subject: own(subject),
            body: body.trim_end().to_owned(),
        })
    }

    /// The text of a commit's message, as it is.
    ///
    /// # Errors
    /// git fails, or there is no such commit.
    pub fn message_text(&self, id: ObjectId) -> Result<String, GitError> {
        let object = self.object(id, super::object::MAX_TREE_BYTES)?.expect(ObjectKind::Commit)?;
        let text = String::from_utf8_lossy(&object.data).into_owned();
        Ok(text.split_once("\n\n").map(|(_, message)| message.to_owned()).unwrap_or_default())
    }

    /// The commits from here back, newest first, at most so many: each with its message.
    ///
    /// # Errors
    /// git fails.
    pub fn history(&self, from: ObjectId, limit: usize) -> Result<Vec<(ObjectId, String)>, GitError> {
        let told =
            ["--no-show-signature", "--no-notes", "--no-color", "--encoding=UTF-8", "--format=format:%H%n%B", "-z"];
        let (limit, from) = (format!("-{limit}"), from.to_string());
        let output = self.run([&["log", &limit], &told[..], &[from.as_str(), "--"]].concat())?;
        let text = String::from_utf8_lossy(&output);
        let commit = |part: &str| {
            let (id, message) = part.split_once('\n')?;
            Some((ObjectId::from_hex(id)?, message.to_owned()))
        };
        Ok(text.split('\0').filter_map(commit).collect())
    }

    /// Who commits here: what the environment or git's configuration says, if it says both name and address. git's
    /// guesses by user and host don't count: they differ from machine to machine.
    ///
    /// # Errors
    /// git fails.
    pub fn committer(&self) -> Result<Option<Identity>, GitError> {
        let part = |variable: &str, keys: [&str; 2]| -> Result<Option<String>, GitError> {
            let given = std::env::var(variable).ok();
            if let Some(given) = given.filter(|text| !text.trim().is_empty()) {
                return Ok(Some(given));
            }
            for key in keys {
                let output = self.place.run_codes(["config", "--get", key], &[0, 1])?;
                let value = command::text(&output, "config")?.trim();
                if !value.is_empty() {
                    return Ok(Some(value.to_owned()));
                }
            }
            Ok(None)
        };
        let name = part("GIT_COMMITTER_NAME", ["committer.name", "user.name"])?;
        let email = part("GIT_COMMITTER_EMAIL", ["committer.email", "user.email"])?;
        Ok(name.zip(email).map(|(name, email)| Identity { name, email }))
    }
}
