// SPDX-License-Identifier: GPL-3.0-or-later
#include "patternlist.h"

#include <QCoreApplication>
#include <QDir>
#include <QHash>
#include <QKeyEvent>
#include <QVBoxLayout>

namespace heddle::studio {

namespace {
constexpr int IdRole = Qt::UserRole + 1;
constexpr int SearchRole = Qt::UserRole + 2;
constexpr int SettleMilliseconds = 400;

// Mechanisms are words of the plugins' own; these are known.
const char *const Mechanisms[] = {QT_TRANSLATE_NOOP("heddle::studio::PatternList", "QtConcurrent"),
                                  QT_TRANSLATE_NOOP("heddle::studio::PatternList", "Signals"),
                                  QT_TRANSLATE_NOOP("heddle::studio::PatternList", "Thread pool"),
                                  QT_TRANSLATE_NOOP("heddle::studio::PatternList", "Threads"),
                                  QT_TRANSLATE_NOOP("heddle::studio::PatternList", "Other")};

QString mechanismTitle(const QString &mechanism)
{
    const QString title = mechanism.left(1).toUpper() + mechanism.mid(1);
    for (const char *known : Mechanisms) {
        if (title == QLatin1String(known))
            return QCoreApplication::translate("heddle::studio::PatternList", known);
    }
    return title;
}
} // namespace

PatternList::PatternList(QWidget *parent)
    : QWidget(parent)
    , m_model(new QStandardItemModel(this))
    , m_filter(new QSortFilterProxyModel(this))
    , m_search(new QLineEdit)
    , m_tree(new QTreeView)
    , m_empty(new QLabel)
{
    m_filter->setSourceModel(m_model);
    m_filter->setRecursiveFilteringEnabled(true);
    m_filter->setFilterRole(SearchRole);
    m_filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_search->setPlaceholderText(tr("Search patterns"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search patterns"));
    m_tree->setModel(m_filter);
    m_tree->setHeaderHidden(true);
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->setIndentation(14);
    m_tree->setAccessibleName(tr("Patterns"));
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignTop);
    m_empty->setContentsMargins(4, 8, 4, 8);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_search);
    column->addWidget(m_empty);
    column->addWidget(m_tree, 1);

    m_settle.setSingleShot(true);
    m_settle.setInterval(SettleMilliseconds);
    connect(&m_settle, &QTimer::timeout, this, &PatternList::rescan);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_settle,
            qOverload<>(&QTimer::start));
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_settle, qOverload<>(&QTimer::start));
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_filter->setFilterFixedString(text);
        m_tree->expandAll();
    });
    m_search->installEventFilter(this);
    connect(m_search, &QLineEdit::returnPressed, this,
            [this] { m_tree->setCurrentIndex(firstPattern()); });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &index) {
                const QString id = index.data(IdRole).toString();
                if (id.isEmpty() || id == m_selected)
                    return;
                m_selected = id;
                if (const auto info = m_catalog.find(id)) {
                    m_selectedMetadata = info->metadata;
                    Q_EMIT patternSelected(*info);
                }
            });
    connect(m_tree, &QTreeView::activated, this, [this](const QModelIndex &index) {
        if (!index.data(IdRole).toString().isEmpty())
            Q_EMIT runRequested();
    });
    fill();
    watch();
}

QModelIndex PatternList::firstPattern() const
{
    for (int group = 0; group < m_filter->rowCount(); ++group) {
        const QModelIndex pattern = m_filter->index(0, 0, m_filter->index(group, 0));
        if (pattern.isValid())
            return pattern;
    }
    return {};
}

bool PatternList::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Down) {
        m_tree->setFocus();
        if (!m_tree->currentIndex().isValid())
            m_tree->setCurrentIndex(firstPattern());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void PatternList::rescan()
{
    m_catalog.scan();
    fill();
    watch();
}

void PatternList::watch()
{
    QStringList folders;
    for (const QString &folder : Catalog::searchPaths()) {
        if (folder == Catalog::userFolder())
            QDir().mkpath(folder); // so that dropping a first plugin there is noticed
        if (!QDir(folder).exists())
            continue;
        folders << folder;
        for (const QFileInfo &sub : QDir(folder).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot))
            folders << sub.absoluteFilePath();
    }
    // A library that could not be read may still be on its way; its folder will not tell.
    QStringList paths = folders;
    for (const Catalog::Problem &problem : m_catalog.problems()) {
        if (QFileInfo::exists(problem.path))
            paths << problem.path;
    }
    if (const QStringList before = m_watcher.directories() + m_watcher.files(); !before.isEmpty())
        m_watcher.removePaths(before);
    if (!paths.isEmpty())
        m_watcher.addPaths(paths);
}

void PatternList::fill()
{
    const QString selected = m_selected;
    m_model->clear(); // forgets what was selected
    QHash<QString, QStandardItem *> groups;
    for (const PatternInfo &info : m_catalog.patterns()) {
        QStandardItem *&group = groups[info.mechanism];
        if (!group) {
            group = new QStandardItem(mechanismTitle(info.mechanism));
            group->setSelectable(false);
            QFont bold = group->font();
            bold.setWeight(QFont::DemiBold);
            group->setFont(bold);
            m_model->appendRow(group);
        }
        auto *item = new QStandardItem(info.name.text());
        item->setData(info.id, IdRole);
        item->setData(info.name.text() + QLatin1Char(' ') + info.id + QLatin1Char(' ')
                              + info.summary.text() + QLatin1Char(' ')
                              + info.tags.join(QLatin1Char(' ')),
                      SearchRole);
        item->setToolTip(info.summary.text());
        group->appendRow(item);
    }
    m_tree->expandAll();
    QString text;
    if (m_catalog.patterns().isEmpty()) {
        text = tr("No patterns were found. Copy plugins into\n%1").arg(Catalog::userFolder());
    }
    for (const Catalog::Problem &problem : m_catalog.problems())
        text += (text.isEmpty() ? QString() : QStringLiteral("\n\n")) + problem.message;
    m_empty->setText(text);
    m_empty->setVisible(!text.isEmpty());
    // Told of again only if it is another: the user's values in the form are not to be lost.
    const auto info = m_catalog.find(selected);
    m_selected = info && info->metadata == m_selectedMetadata ? selected : QString();
    if (!selected.isEmpty())
        selectPattern(selected);
}

bool PatternList::selectPattern(const QString &id)
{
    const QModelIndexList found = m_filter->match(m_filter->index(0, 0), IdRole, id, 1,
                                                  Qt::MatchExactly | Qt::MatchRecursive);
    if (found.isEmpty())
        return false;
    m_tree->setCurrentIndex(found.first());
    return true;
}

} // namespace heddle::studio
