/// What a remote git repository points to at one moment: its default branch and its tags.
public struct RemoteRefs: Sendable, Equatable {
  /// The commit of the default branch; nil in a repository without commits.
  public var head: GitObjectID?
  /// The default branch's name, such as `master`; nil when the server does not tell.
  public var branch: String?
  /// Tags by name, without `refs/tags/`: the object each one names, which for an annotated tag is the tag itself.
  public var tags: [String: GitObjectID]

  /// A repository's refs.
  public init(head: GitObjectID? = nil, branch: String? = nil, tags: [String: GitObjectID] = [:]) {
    self.head = head
    self.branch = branch
    self.tags = tags
  }

  /// Whether it points to nothing at all.
  public var isEmpty: Bool { head == nil && tags.isEmpty }
  /// The newest tag by its name.
  public var newestTag: String? { TagOrder.newest(tags.keys, among: tags.keys) }
}

/// One kind of change that a check of a remote repository found.
public struct UpstreamNews: Sendable, Equatable {
  /// What changed.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Tags that were not there before.
    case tag
    /// The default branch names another commit.
    case commit
    /// Tags that name another object than before.
    case moved
    /// Tags that are gone.
    case removed
  }

  /// What changed.
  public var kind: Kind
  /// The newest of the tags, or the branch; empty for a branch whose name the server does not tell.
  public var name: String
  /// What `name` meant before; nil when it was not there.
  public var old: GitObjectID?
  /// What `name` means now; nil when it is gone.
  public var new: GitObjectID?
  /// How many tags changed in this way; 1 for a branch.
  public var count: Int

  /// A change.
  public init(kind: Kind, name: String, old: GitObjectID?, new: GitObjectID?, count: Int) {
    self.kind = kind
    self.name = name
    self.old = old
    self.new = new
    self.count = count
  }
}
