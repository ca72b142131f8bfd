// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ContentRegistry} from "./ContentRegistry.sol";

/// @title Lineage of content: what it was made from, by which model, with which parameters
/// @notice A directed graph without cycles.
/// @dev A content is recorded once, and only from parents that are recorded already: an edge always leads to an
/// older record, so no cycle can form, whatever the order of calls. `generation` shows it: it is greater than that
/// of each parent.
contract ProvenanceContract is AccessControlDefaultAdminRules, Pausable {
    /// @notice Holder may stop new records.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice Most parents of one record.
    uint256 public constant MAX_PARENTS = 16;
    /// @notice Longest name of a model and longest version, in bytes.
    uint256 public constant MAX_TEXT_BYTES = 128;

    /// @notice How a content came about.
    enum Origin {
        Generated,
        Modified,
        Combined
    }

    /// @notice A model as its maker registered it.
    struct Model {
        address maker;
        uint64 registeredAt;
        string name;
        string version;
    }

    /// @notice What a content was made from.
    struct Lineage {
        address recorder;
        uint64 recordedAt;
        /// 1 for content without parents, else one more than the greatest of its parents.
        uint64 generation;
        Origin origin;
        /// SHA-256 of the model's artefact; zero where no model took part.
        bytes32 modelDigest;
        /// SHA-256 of the canonical JSON of the parameters; the parameters lie off chain.
        bytes32 parametersHash;
        bytes32[] parents;
    }

    /// @notice Register that says who owns a content.
    ContentRegistry public immutable registry;

    mapping(bytes32 modelDigest => Model) private _models;
    mapping(bytes32 contentHash => Lineage) private _lineages;

    /// @notice A model was registered.
    event ModelRegistered(bytes32 indexed modelDigest, address indexed maker, string name, string version);
    /// @notice A content was recorded.
    event LineageRecorded(
        bytes32 indexed contentHash,
        bytes32 indexed modelDigest,
        address indexed recorder,
        Origin origin,
        uint64 generation,
        bytes32 parametersHash,
        bytes32[] parents
    );

    /// @notice The model is registered already.
    error ModelExists(bytes32 modelDigest);
    /// @notice There is no model of that digest.
    error UnknownModel(bytes32 modelDigest);
    /// @notice The content is recorded already: its lineage does not change.
    error AlreadyRecorded(bytes32 contentHash);
    /// @notice There is no record of that content.
    error NotRecorded(bytes32 contentHash);
    /// @notice The caller does not own the token of the content.
    error NotOwner(bytes32 contentHash, address caller);
    /// @notice The number of parents does not fit the origin, or is above {MAX_PARENTS}.
    error ParentCount(Origin origin, uint256 count);
    /// @notice A parent is named twice, or not in ascending order.
    error ParentOrder(bytes32 parent);
    /// @notice A digest of zero bytes is no digest.
    error EmptyDigest();
    /// @notice A text is empty or longer than {MAX_TEXT_BYTES}.
    error TextLength(uint256 length);

    /// @param adminDelayS seconds between the offer and the acceptance of the admin role
    /// @param admin multi-signature wallet that grants roles
    /// @param registry_ register that says who owns a content
    constructor(uint48 adminDelayS, address admin, ContentRegistry registry_)
        AccessControlDefaultAdminRules(adminDelayS, admin)
    {
        registry = registry_;
    }

    /// @notice Registers a model under the digest of its artefact.
    /// @param modelDigest SHA-256 of the artefact
    /// @param name name of the model
    /// @param version version of the model
    function registerModel(bytes32 modelDigest, string calldata name, string calldata version) external whenNotPaused {
        if (modelDigest == 0) revert EmptyDigest();
        if (_models[modelDigest].registeredAt != 0) revert ModelExists(modelDigest);
        _boundText(name);
        _boundText(version);
        _models[modelDigest] = Model(msg.sender, uint64(block.timestamp), name, version);
        emit ModelRegistered(modelDigest, msg.sender, name, version);
    }

    /// @notice Records what a content was made from. Once, by the owner of its token.
    /// @param contentHash SHA-256 of the content, registered
    /// @param origin how it came about
    /// @param modelDigest registered model, or zero where none took part
    /// @param parametersHash SHA-256 of the canonical JSON of the parameters
    /// @param parents recorded contents it was made from, ascending: the sources if generated, one if modified,
    /// two or more if combined
    function recordLineage(
        bytes32 contentHash,
        Origin origin,
        bytes32 modelDigest,
        bytes32 parametersHash,
        bytes32[] calldata parents
    ) external whenNotPaused {
        if (_lineages[contentHash].recordedAt != 0) revert AlreadyRecorded(contentHash);
        uint256 tokenId = registry.tokenIds(contentHash);
        if (tokenId == 0 || registry.ownerOf(tokenId) != msg.sender) revert NotOwner(contentHash, msg.sender);
        if (modelDigest != 0 && _models[modelDigest].registeredAt == 0) revert UnknownModel(modelDigest);
        uint64 generation = _generationAfter(origin, parents);
        Lineage storage lineage = _lineages[contentHash];
        lineage.recorder = msg.sender;
        lineage.recordedAt = uint64(block.timestamp);
        lineage.generation = generation;
        lineage.origin = origin;
        lineage.modelDigest = modelDigest;
        lineage.parametersHash = parametersHash;
        lineage.parents = parents;
        emit LineageRecorded(contentHash, modelDigest, msg.sender, origin, generation, parametersHash, parents);
    }

    /// @notice Stops new records.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Resumes new records.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @notice One model.
    /// @param modelDigest SHA-256 of the artefact
    function modelOf(bytes32 modelDigest) external view returns (Model memory) {
        if (_models[modelDigest].registeredAt == 0) revert UnknownModel(modelDigest);
        return _models[modelDigest];
    }

    /// @notice Lineage of one content.
    /// @param contentHash SHA-256 of the content
    function lineageOf(bytes32 contentHash) external view returns (Lineage memory) {
        if (_lineages[contentHash].recordedAt == 0) revert NotRecorded(contentHash);
        return _lineages[contentHash];
    }

    /// @notice Whether a content is recorded.
    /// @param contentHash SHA-256 of the content
    function isRecorded(bytes32 contentHash) external view returns (bool) {
        return _lineages[contentHash].recordedAt != 0;
    }

    /// @notice Whether `path` leads from a content up to an ancestor, each member a parent of the one before.
    /// @dev The caller finds the path off chain; the check costs one look for each step.
    /// @param path content first, ancestor last
    function isLine(bytes32[] calldata path) external view returns (bool) {
        if (path.length < 2) return false;
        for (uint256 i = 0; i + 1 < path.length; ++i) {
            if (!_isParent(path[i], path[i + 1])) return false;
        }
        return true;
    }

    function _generationAfter(Origin origin, bytes32[] calldata parents) private view returns (uint64 generation) {
        uint256 count = parents.length;
        bool fits = origin == Origin.Generated || (origin == Origin.Modified && count == 1)
            || (origin == Origin.Combined && count >= 2);
        if (!fits || count > MAX_PARENTS) revert ParentCount(origin, count);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 parent = parents[i];
            if (i > 0 && parent <= parents[i - 1]) revert ParentOrder(parent);
            uint64 above = _lineages[parent].generation;
            if (above == 0) revert NotRecorded(parent);
            if (above > generation) generation = above;
        }
        return generation + 1;
    }

    function _isParent(bytes32 child, bytes32 parent) private view returns (bool) {
        bytes32[] storage parents = _lineages[child].parents;
        for (uint256 i = 0; i < parents.length; ++i) {
            if (parents[i] == parent) return true;
        }
        return false;
    }

    function _boundText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        if (length == 0 || length > MAX_TEXT_BYTES) revert TextLength(length);
    }
}
