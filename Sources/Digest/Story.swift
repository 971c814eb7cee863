import Domain
import Foundation

/// What happened between two moments: facts only, in the form of the JSON digest.
public struct Story: Sendable, Encodable {
  /// How often each thing happened.
  public struct Counts: Sendable, Encodable, Equatable {
    /// Repositories that polls found new or changed; the places below split this number.
    public var polled = 0
    /// Kept out by a rule.
    public var leftOut = 0
    /// Met for the first time.
    public var new = 0
    /// Behind terms that have to be accepted.
    public var gated = 0
    /// Without any weights yet.
    public var noWeights = 0
    /// Not looked at yet, or a download that waits.
    public var waiting = 0
    /// At least one quantization fits the card.
    public var fits = 0
    /// No quantization fits the card.
    public var tooBig = 0
    /// Copies that were verified.
    public var downloaded = 0
    /// Passed the smoke test.
    public var passed = 0
    /// Ran, but something was odd.
    public var suspect = 0
    /// Failed the smoke test.
    public var failed = 0
    /// Cannot be run by the bundled core.
    public var unsupported = 0

    /// All zero.
    public init() {}

    /// Counts a model in its place.
    mutating func count(_ place: Place) {
      switch place {
      case .passed: passed += 1
      case .suspect: suspect += 1
      case .failed: failed += 1
      case .unsupported: unsupported += 1
      case .gated: gated += 1
      case .noWeights: noWeights += 1
      case .waiting, .fetching: waiting += 1
      case .leftOut: leftOut += 1
      case .tooBig: tooBig += 1
      case .downloaded, .blocked, .fits, .pickleOnly, .notQuantized, .broken, .gone: break
      }
    }

    /// Counts as given.
    public init(
      polled: Int, leftOut: Int, new: Int, gated: Int, noWeights: Int, waiting: Int, fits: Int, tooBig: Int,
      downloaded: Int, passed: Int, suspect: Int, failed: Int, unsupported: Int
    ) {
      self.polled = polled
      self.leftOut = leftOut
      self.new = new
      self.gated = gated
      self.noWeights = noWeights
      self.waiting = waiting
      self.fits = fits
      self.tooBig = tooBig
      self.downloaded = downloaded
      self.passed = passed
      self.suspect = suspect
      self.failed = failed
      self.unsupported = unsupported
    }
  }

  /// Where a repository ended up: every one is in exactly one place. In the order in which a family is told by the best
  /// of its models.
  public enum Place: String, Sendable, Encodable, CaseIterable, Comparable {
    /// Fetched, and the smoke test has nothing against it.
    case passed
    /// It ran, but something was odd.
    case suspect
    /// Fetched, and it does not run as it should.
    case failed
    /// Fetched; the bundled core cannot run it.
    case unsupported
    /// Fetched, not tested yet.
    case downloaded
    /// Chosen, on its way, or waiting for network, room or quota.
    case fetching
    /// Chosen, and cannot be fetched for now.
    case blocked
    /// A quantization fits the device.
    case fits
    /// None does.
    case tooBig
    /// Behind terms that have to be accepted.
    case gated
    /// Not looked at yet.
    case waiting
    /// Weights, but no GGUF.
    case notQuantized
    /// Weights only in formats that can run code when loaded.
    case pickleOnly
    /// No weights yet.
    case noWeights
    /// What it holds is not what it claims to be.
    case broken
    /// No longer on the hub.
    case gone
    /// A rule keeps it out.
    case leftOut

    private static let ranks = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))

    public static func < (left: Place, right: Place) -> Bool { (ranks[left] ?? 0) < (ranks[right] ?? 0) }
  }

  /// One repository in the story.
  public struct Entry: Sendable, Encodable, Equatable {
    /// The repository's id.
    public var id: String
    /// The id after which its family is named: the same weights in other forms and hands.
    public var family: String?
    /// How much its family deserves a look; the entries of a place are in this order.
    public var score: Double = 0
    /// Other repositories of the family in the same place, which have no entry of their own.
    public var otherMembers: [String] = []
    /// Where it ended up.
    public var place: Place
    /// Whether a poll found it in this window; else something that was known before has been fetched or tested.
    public var isPolled = true
    /// Whether a poll met it for the first time in this window.
    public var isNew: Bool
    /// Its architecture, once a header was read.
    public var architecture: String?
    /// All its weights.
    public var parameters: Int64?
    /// The quantization that was fetched, else the best that fits, else the smallest.
    public var quantization: String?
    /// Its need at the wanted context, with the margin.
    public var neededBytes: Int64?
    /// The quantization's files on disk or on the hub.
    public var fileBytes: Int64?
    /// The largest context that fits, in tokens.
    public var maxContext: Int?
    /// How that quantization fits.
    public var verdict: FitVerdict?
    /// Generation speed on the processor.
    public var tokensPerSecond: Double?
    /// On the built-in text.
    public var perplexity: Double?
    /// What the model said, its beginning.
    public var sample: String?
    /// Why it is where it is.
    public var reasons: [String]
    /// Of what fits and was not fetched: when its turn comes, from 1.
    public var rank: Int?
    /// When it is looked at or tried again at the earliest; nil: with the next cycle, or never.
    public var againAt: Date?
    /// The file on this disk.
    public var path: String?
    /// Which device is large enough, for a model that does not fit.
    public var enough: String?
    /// The same as a name only, for a line; not part of the JSON form.
    var card: String?

    private enum CodingKeys: String, CodingKey {
      case id, family, score, otherMembers, place, isPolled, isNew, architecture, parameters, quantization, neededBytes,
        fileBytes, maxContext, verdict, tokensPerSecond, perplexity, sample, reasons, rank, againAt, path, enough
    }
  }

  /// The form of the JSON digest.
  public var schema = "hubwatch.digest/1"
  /// Nil: since the beginning.
  public var since: Date?
  /// The end of the window.
  public var until: Date
  /// The device that `fits` is about; nil before the first fit.
  public var device: String?
  /// How often each thing happened.
  public var counts = Counts()
  /// How many polled repositories are in each place; the sum is `counts.polled`.
  public var places: [String: Int] = [:]
  /// Repositories that were known before, and of which a copy was fetched or tested, or failed to be, in this time.
  public var wentOn = 0
  /// Repositories that `families` does not name, by the best place of their families: what is named and these are
  /// all that was polled or went on.
  public var unnamed: [String: Int] = [:]
  /// Whether models are fetched without being asked for.
  public var fetchesByItself = true
  /// What the person has to do beside accepting terms, such as `free 20.0 GB …`.
  public var needs: [String] = []
  /// The best families of each place, the best place first.
  public var families: [Entry] = []
  /// What models can do now that none of their size could, and what they have lost.
  public var abilities: [Ability] = []
  /// What happened to the repositories of tools.
  public var tools: [Tool] = []
  /// What polls had to leave unread, and troubles of whole cycles.
  public var gaps: [String] = []
  /// When the last cycle ended; nil when none has.
  public var lastCycleAt: Date?
  /// What a pass over the models on disk has found that ended in this time; nil when none did.
  public var scrub: Scrub?

  /// A pass in which every model on disk was read again.
  public struct Scrub: Sendable, Encodable, Equatable {
    /// When it ended.
    public var endedAt: Date
    /// Files that are what they should be.
    public var files: Int
    /// Their bytes.
    public var bytes: Int64
    /// Files that were damaged or gone.
    public var troubles: Int
  }

  private enum CodingKeys: String, CodingKey {
    case schema, since, until, device, counts, places, wentOn, unnamed, fetchesByItself, needs, families, abilities,
      tools, gaps,
      lastCycleAt, scrub
  }

  /// Every key of the contract is there; what is not known is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(since, forKey: .since)
    try container.encode(until, forKey: .until)
    try container.encode(device, forKey: .device)
    try container.encode(counts, forKey: .counts)
    try container.encode(places, forKey: .places)
    try container.encode(wentOn, forKey: .wentOn)
    try container.encode(unnamed, forKey: .unnamed)
    try container.encode(fetchesByItself, forKey: .fetchesByItself)
    try container.encode(needs, forKey: .needs)
    try container.encode(families, forKey: .families)
    try container.encode(abilities, forKey: .abilities)
    try container.encode(tools, forKey: .tools)
    try container.encode(gaps, forKey: .gaps)
    try container.encode(lastCycleAt, forKey: .lastCycleAt)
    try container.encode(scrub, forKey: .scrub)
  }

  /// A story in which nothing happened.
  public init(since: Date? = nil, until: Date) {
    self.since = since
    self.until = until
  }
}
