/// The members of an object, in the document's order, found by key without searching.
///
/// Two objects are equal when they have equal members in the same order.
public struct JSONObject: Sendable, Hashable {
  /// One member.
  public struct Member: Sendable, Hashable {
    /// Its key, escapes resolved.
    public let key: String
    /// Its value.
    public let value: JSONValue

    /// A member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// Below this, looking at each key is faster than hashing one.
  private static let few = 8

  /// The members in the document's order.
  public private(set) var members: [Member] = []
  private var places: [String: Int] = [:]

  /// An object without members.
  public init() {}

  /// An object out of members; of two with the same key the later one's value counts, at the earlier one's place.
  public init(_ members: some Sequence<Member>) {
    for member in members { set(member) }
  }

  /// The number of members.
  public var count: Int { members.count }

  /// The keys in the document's order.
  public var keys: [String] { members.map(\.key) }

  /// The value of a key; nil when there is none.
  public subscript(key: String) -> JSONValue? { place(of: key).map { members[$0].value } }

  /// Adds a member, or replaces the value of the one with its key.
  ///
  /// - Returns: whether the key was new.
  @discardableResult
  mutating func set(_ member: Member) -> Bool {
    if let place = place(of: member.key) {
      members[place] = member
      return false
    }
    members.append(member)
    if members.count > Self.few {
      if places.isEmpty {
        for (place, member) in members.enumerated() { places[member.key] = place }
      } else {
        places[member.key] = members.count - 1
      }
    }
    return true
  }

  private func place(of key: String) -> Int? {
    members.count > Self.few ? places[key] : members.firstIndex { $0.key == key }
  }

  public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

  public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}
