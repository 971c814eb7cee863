import Catalog
import Digest
import Domain
import Fit
import Foundation

/// What the page shows beside the catalog, and what it may do: given by whoever serves it, so that this room needs no other.
public struct PageHouse: Sendable {
  /// How things stand now.
  public struct Standing: Sendable {
    /// The process that holds the state, in words such as `at work, pid 12`; nil when nobody is at work.
    public var worker: String?
    /// When the last cycle began; nil before the first.
    public var cycleBeganAt: Date?
    /// When it ended; nil while it is under way, or when it was cut off.
    public var cycleEndedAt: Date?
    /// When the next cycle begins; nil when no daemon waits for it.
    public var nextCycleAt: Date?
    /// When a copy is tried again, by `tryKey`.
    public var nextTries: [String: Date] = [:]
    /// Bytes a second that arrive of a repository, as the daemon says.
    public var rates: [String: Double] = [:]
    /// What people have asked the daemon for and is not done yet, in words such as `pull org/name`, and since when.
    public var errands: [(words: String, since: Date)] = []
    /// Whether the daemon rests.
    public var isPaused = false
    /// Bytes that can still be written on the models' disk; nil when it does not say.
    public var freeBytes: Int64?
    /// Bytes of it that stay free.
    public var reserveBytes: Int64?
    /// Bytes that hubwatch's own downloads may take.
    public var quotaBytes: Int64 = 0
    /// Bytes that they take.
    public var usedBytes: Int64 = 0
    /// Digests that wait to be delivered; nil where none are.
    public var outbox: Int?
    /// What is the matter, for a person.
    public var health: [String] = []

    /// What tells a copy from others.
    public static func tryKey(_ repo: String, _ quantization: String) -> String { "\(repo) \(quantization)" }

    /// Nobody at work, and all well.
    public init() {}
  }

  /// The catalog; nil before anything was recorded.
  public var catalog: @Sendable () throws(CatalogError) -> Catalog?
  /// How things stand at a moment.
  public var standing: @Sendable (Date) -> Standing
  /// What a digest needs beside the catalog.
  public var circumstances: @Sendable (Date) -> Circumstances
  /// What a model's need is computed from; nil when nothing tells its shape.
  public var sheet: @Sendable (Catalog, RepoRecord) throws(CatalogError) -> FitSheet?
  /// Bytes of a copy that have arrived.
  public var arrived: @Sendable (Catalog, CopyRecord) throws(CatalogError) -> Int64
  /// Carries out a person's wish; nil when the page only shows.
  public var perform: (@Sendable (PageAction) async -> PageAction.Outcome)?
  /// The person's devices, that of the configuration first.
  public var devices: [Device]
  /// How models are to be used.
  public var request: FitRequest
  /// The hub's address, for links.
  public var endpoint: String
  /// The Hugging Face cache.
  public var cacheRoot: String
  /// The program's version, and those of what it is made of.
  public var versions: [(name: String, version: String)]
  /// The clock.
  public var now: @Sendable () -> Date = { Date() }

  /// A house over a catalog that only shows.
  public init(
    catalog: @escaping @Sendable () throws(CatalogError) -> Catalog?,
    standing: @escaping @Sendable (Date) -> Standing = { _ in Standing() },
    circumstances: @escaping @Sendable (Date) -> Circumstances = { _ in Circumstances() },
    sheet: @escaping @Sendable (Catalog, RepoRecord) throws(CatalogError) -> FitSheet?,
    arrived: @escaping @Sendable (Catalog, CopyRecord) throws(CatalogError) -> Int64 = { _, _ in 0 },
    perform: (@Sendable (PageAction) async -> PageAction.Outcome)? = nil,
    devices: [Device], request: FitRequest = FitRequest(), endpoint: String = "https://huggingface.co",
    cacheRoot: String = "", versions: [(name: String, version: String)] = []
  ) {
    self.catalog = catalog
    self.standing = standing
    self.circumstances = circumstances
    self.sheet = sheet
    self.arrived = arrived
    self.perform = perform
    self.devices = devices
    self.request = request
    self.endpoint = endpoint
    self.cacheRoot = cacheRoot
    self.versions = versions
  }
}

/// What a model's need is computed from.
public struct FitSheet: Sendable {
  /// One quantization.
  public struct Offer: Sendable {
    /// Its name.
    public var quantization: String
    /// Whether somebody has published it; else it could be made.
    public var isPublished: Bool
    /// Bytes of its files.
    public var fileBytes: Int64
    /// Where they go.
    public var layout: WeightLayout
    /// What runs it.
    public var engine: Engine

    /// A quantization.
    public init(
      quantization: String, isPublished: Bool, fileBytes: Int64, layout: WeightLayout, engine: Engine = .llamaCpp
    ) {
      self.quantization = quantization
      self.isPublished = isPublished
      self.fileBytes = fileBytes
      self.layout = layout
      self.engine = engine
    }
  }

  /// The dimensions.
  public var shape: ModelShape
  /// Whether the arithmetic adds up to what is stored.
  public var isVerified: Bool
  /// The quantizations.
  public var offers: [Offer]

  /// What is known of a model.
  public init(shape: ModelShape, isVerified: Bool, offers: [Offer]) {
    self.shape = shape
    self.isVerified = isVerified
    self.offers = offers
  }
}

/// What a person may ask for on the page.
public enum PageAction: Sendable, Equatable {
  case pull(RepoID)
  case keep(RepoID)
  case drop(RepoID)
  case pause
  case resume
  /// The next digest begins at this moment.
  case markRead(until: Date)

  /// How it went.
  public struct Outcome: Sendable, Equatable {
    /// Whether it was done, or is under way.
    public var isDone: Bool
    /// What happened, for a person.
    public var words: String

    /// An outcome.
    public init(isDone: Bool, words: String) {
      self.isDone = isDone
      self.words = words
    }
  }
}
